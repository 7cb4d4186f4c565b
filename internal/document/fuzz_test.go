package document_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document"
)

// fuzz holds a reader to its promise: valid text, or one of the two errors, in
// time.
func fuzz(f *testing.F, format bedrock.DocumentFormat, seeds ...[]byte) {
	fuzzPart(f, format, func(_ testing.TB, data []byte) []byte { return data }, append(seeds, sample(f, format))...)
}

// fuzzPart does so with documents that are made around what is fuzzed.
func fuzzPart(f *testing.F, format bedrock.DocumentFormat, around func(testing.TB, []byte) []byte, seeds ...[]byte) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	limits := document.Limits{Input: document.MaxSize, Output: 1 << 20, Time: 10 * time.Second}
	extractor := document.NewExtractor(limits)
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := extractor.Extract(t.Context(), format, around(t, data))
		if err != nil {
			if !errors.Is(err, document.ErrMalformed) && !errors.Is(err, document.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		length := 0
		for _, part := range text.Parts {
			if length += len(part); !utf8.ValidString(part) {
				t.Fatalf("no text: %q", part)
			}
		}
		// A replacement character takes three bytes for one.
		if length > 3*limits.Output {
			t.Fatalf("%d bytes of text", length)
		}
	})
}

func FuzzPdf(f *testing.F) {
	fuzz(f, pdf, pageOf("", "BT /F 12 Tf 20 200 Td (Dummy PDF file) Tj ET"),
		pageOf("/Filter/FlateDecode", deflated(f, "BT /F 12 Tf [(Dum)-300(my)] TJ T* (x) ' ET /X Do")),
		pageOf("/Filter/ASCIIHexDecode", "4254202f46203132>"), pageOf("/Filter/LZWDecode", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"),
		[]byte("%PDF-1.5\n1 0 obj<</Type/ObjStm/N 1/First 4/Length 36>>stream\n2 0 <</Type/Catalog/Pages<</Kids[]>>>>\nendstream endobj"),
		locked(f, "rc4-128"), locked(f, "aes-128"), locked(f, "aes-256"))
}

func locked(f *testing.F, kind string) []byte {
	f.Helper()
	data, err := os.ReadFile("testdata/locked-" + kind + ".pdf")
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// inPackage puts a file into the place of one of the sample.
func inPackage(f *testing.F, format bedrock.DocumentFormat, name string) (around func(testing.TB, []byte) []byte, seed []byte) {
	f.Helper()
	archive, err := zip.NewReader(bytes.NewReader(sample(f, format)), int64(len(sample(f, format))))
	if err != nil {
		f.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range archive.File {
		content, err := fs.ReadFile(archive, file.Name)
		if err != nil {
			f.Fatal(err)
		}
		files[file.Name] = string(content)
	}
	return func(t testing.TB, data []byte) []byte {
		changed := maps.Clone(files)
		changed[name] = string(data)
		return zipped(t, changed)
	}, []byte(files[name])
}

func FuzzDocxStory(f *testing.F) {
	around, seed := inPackage(f, docx, "word/document.xml")
	fuzzPart(f, docx, around, seed, []byte("<w:p><w:r><w:t>a</w:t><w:tab/></w:r></w:p>"))
}

func FuzzXlsxSheet(f *testing.F) {
	around, seed := inPackage(f, xlsx, "xl/worksheets/sheet1.xml")
	fuzzPart(f, xlsx, around, seed, []byte(`<worksheet><sheetData><row r="9"><c r="XFD9" t="s"><v>0</v></c></row></sheetData></worksheet>`))
}

func FuzzDoc(f *testing.F)  { fuzz(f, doc) }
func FuzzDocx(f *testing.F) { fuzz(f, docx) }
func FuzzXls(f *testing.F)  { fuzz(f, xls) }
func FuzzXlsx(f *testing.F) { fuzz(f, xlsx) }
func FuzzHtml(f *testing.F) {
	fuzz(f, html, []byte("<pre> a <b>b</pre><template><table><tr><td>1<td>2"))
}
func FuzzPlain(f *testing.F) { fuzz(f, txt, []byte("\xFF\xFEa\x00"), []byte("Z\xFCrich")) }
