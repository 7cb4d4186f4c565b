package document_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	pdf  = bedrock.DocumentFormatPdf
	csv  = bedrock.DocumentFormatCsv
	doc  = bedrock.DocumentFormatDoc
	docx = bedrock.DocumentFormatDocx
	xls  = bedrock.DocumentFormatXls
	xlsx = bedrock.DocumentFormatXlsx
	html = bedrock.DocumentFormatHtml
	txt  = bedrock.DocumentFormatTxt
	md   = bedrock.DocumentFormatMd
)

// sample is the small document of a format.
func sample(t testing.TB, format bedrock.DocumentFormat) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/leave." + string(format))
	if errors.Is(err, os.ErrNotExist) {
		return []byte("# Leave policy\n\nEmployees get 20 days of annual leave. Überstunden werden in Zürich ausgeglichen.\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func extract(t testing.TB, format bedrock.DocumentFormat, data []byte) (*document.Text, error) {
	t.Helper()
	return document.NewExtractor(document.DefaultLimits()).Extract(t.Context(), format, data)
}

// TestReaders reads the small document in every format.
func TestReaders(t *testing.T) {
	sheet := "# leave\nName\tDays\tFrom\tRate\tOpen\nJürgen\t20\t2024-03-15\t0.5\tTRUE\nZoë\t21\t2025-12-31\t1234.25\tFALSE\n\n"
	for format, want := range map[bedrock.DocumentFormat]*document.Text{
		csv:  {Parts: []string{string(sample(t, csv))}},
		txt:  {Parts: []string{string(sample(t, txt))}},
		md:   {Parts: []string{string(sample(t, md))}},
		xls:  {Parts: []string{sheet}},
		xlsx: {Parts: []string{sheet}},
		html: {Parts: []string{"Leave\n\nLeave policy\n\nEmployees get 20 days of annual leave. Überstunden werden in Zürich ausgeglichen.\n\n" +
			"Consult with your manager for details.\n\nYear\tDays\n2024\t20\n2025\t21\n\nThe second page speaks of sick leave: call before nine o’clock."}},
		doc: {Parts: []string{"Leave policy\nEmployees get 20 days of annual leave. Überstunden werden in Zürich ausgeglichen.\n" +
			"Consult with your manager for details.\nYear\tDays\t\n2024\t20\t\n2025\t21\t\nThe second page speaks of sick leave: call before nine o’clock.\n"}},
		docx: {Parts: []string{"Leave policy\nEmployees get 20 days of annual leave. Überstunden werden in Zürich ausgeglichen.\n" +
			"Consult with your manager for details.\nYear \tDays \t\n2024 \t20 \t\n2025 \t21 \t\n\nThe second page speaks of sick leave: call before nine o’clock.\n"}},
		pdf: {Unit: document.Pages, Parts: []string{
			"Leave policy\nEmployees get 20 days of annual leave. Überstunden werden in Zürich \nausgeglichen.\n\nConsult with your manager for details.\n\nYear Days\n\n2024 20\n\n2025 21",
			"The second page speaks of sick leave: call before nine o’clock."}},
	} {
		t.Run(string(format), func(t *testing.T) {
			got, err := extract(t, format, sample(t, format))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestEveryFormat has a reader for each format of the service.
func TestEveryFormat(t *testing.T) {
	for _, format := range bedrock.DocumentFormat("").Values() {
		if _, err := extract(t, format, sample(t, format)); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, err := extract(t, "odt", []byte("x")); !errors.Is(err, document.ErrMalformed) {
		t.Errorf("an unknown format: %v", err)
	}
}

// TestBroken gives every reader what is none of its documents: bytes of another
// kind, each sample cut in the middle, and each with bytes that are flipped. A
// text or ErrMalformed are the answers, within a moment.
func TestBroken(t *testing.T) {
	for _, format := range []bedrock.DocumentFormat{pdf, doc, docx, xls, xlsx} {
		whole := sample(t, format)
		for name, data := range map[string][]byte{
			"nothing": {}, "noise": []byte("\x00\x01\x02 no document"), "half": whole[:len(whole)/2], "head": whole[:40],
		} {
			text, err := extract(t, format, data)
			if name == "half" && format == pdf && err == nil {
				continue // what is there can be read
			}
			if !errors.Is(err, document.ErrMalformed) {
				t.Errorf("%s, %s: %v, %v", format, name, text, err)
			}
		}
		for at := 0; at < len(whole); at += 97 {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 0x55
			if _, err := extract(t, format, flipped); err != nil && !errors.Is(err, document.ErrMalformed) && !errors.Is(err, document.ErrTooLarge) {
				t.Errorf("%s, flipped at %d: %v", format, at, err)
			}
		}
	}
	for _, format := range []bedrock.DocumentFormat{txt, md, csv} {
		if _, err := extract(t, format, []byte("a\x00b")); !errors.Is(err, document.ErrMalformed) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	for name, content := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func deflated(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// claimed is a package whose directory claims that a file unfolds to much.
func claimed(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if _, err := w.CreateRaw(&zip.FileHeader{Name: "xl/workbook.xml", Method: zip.Deflate, UncompressedSize64: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pageOf is a pdf whose page has this content stream; more stands in the
// stream's dictionary.
func pageOf(more, content string) []byte {
	return fmt.Appendf(nil, "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"+
		"3 0 obj<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 4 0 R>>>>>>endobj\n"+
		"4 0 obj<</Length %d%s>>stream\n%s\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n",
		len(content), more, content)
}

// TestBombs gives readers documents that are made to hurt.
func TestBombs(t *testing.T) {
	nested := strings.Repeat("<w:r>", 100000)
	zeros := strings.Repeat("\x00", 33<<20)
	twice := deflated(t, deflated(t, strings.Repeat("\x00", 65<<20)))
	for name, test := range map[string]struct {
		format bedrock.DocumentFormat
		data   []byte
		want   error
	}{
		"zip bomb as docx":           {docx, zipped(t, map[string]string{"word/document.xml": zeros}), document.ErrTooLarge},
		"zip bomb as xlsx":           {xlsx, claimed(t), document.ErrTooLarge},
		"endless nesting":            {docx, zipped(t, map[string]string{"word/document.xml": nested}), document.ErrMalformed},
		"entities":                   {docx, zipped(t, map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:t>&b;</w:t>`}), document.ErrMalformed},
		"no document in the package": {docx, zipped(t, map[string]string{"x": "y"}), document.ErrMalformed},
		"too much text":              {txt, bytes.Repeat([]byte("x"), document.MaxSize+1), document.ErrTooLarge},
		"flate bomb":                 {pdf, pageOf("/Filter[/FlateDecode/FlateDecode]", twice), document.ErrTooLarge},
		"encrypted pdf":              {pdf, append(pageOf("", ""), "trailer<</Encrypt<</Filter/Standard>>>>"...), document.ErrMalformed},
		"a form within itself":       {pdf, pageOf("/Subtype/Form", strings.Repeat("/X Do ", 64)), document.ErrTooLarge},
		"unclosed arrays":            {pdf, append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("1 0 obj[a "), 1<<17)...), document.ErrMalformed},
		"unclosed strings":           {pdf, append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("1 0 obj<</A("), 1<<17)...), document.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := extract(t, test.format, test.data); !errors.Is(err, test.want) {
				t.Errorf("got %.100v, %v", text, err)
			}
		})
	}
}

// TestCircles reads files whose parts lead to each other, which is no reason not
// to read the rest.
func TestCircles(t *testing.T) {
	for name, data := range map[string][]byte{
		"a page tree":      []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Kids[2 0 R 2 0 R]>>endobj trailer<</Root 1 0 R>>"),
		"references":       []byte("%PDF-1.4\n1 0 obj 2 0 R endobj 2 0 obj 1 0 R endobj 3 0 obj<</Type/Catalog/Pages 1 0 R>>endobj"),
		"an unclosed hex":  pageOf("", "<616"),
		"an unclosed text": pageOf("", "BT ((( "),
	} {
		if _, err := extract(t, pdf, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDeadline gives a reader no time, and a caller that leaves.
func TestDeadline(t *testing.T) {
	limits := document.DefaultLimits()
	limits.Time = time.Nanosecond
	_, err := document.NewExtractor(limits).Extract(t.Context(), txt, []byte("text"))
	if !errors.Is(err, document.ErrTooLarge) {
		t.Errorf("no time: %v", err)
	}
	left, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = document.NewExtractor(document.DefaultLimits()).Extract(left, txt, []byte("text"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left: %v", err)
	}
}

// TestEncodings decodes the texts of other times.
func TestEncodings(t *testing.T) {
	for name, data := range map[string]string{
		"UTF-8": "\xEF\xBB\xBFZürich", "UTF-16 little": "\xFF\xFEZ\x00\xFC\x00r\x00i\x00c\x00h\x00",
		"UTF-16 big": "\xFE\xFF\x00Z\x00\xFC\x00r\x00i\x00c\x00h", "Windows-1252": "Z\xFCrich",
	} {
		got, err := extract(t, txt, []byte(data))
		if err != nil || got.Parts[0] != "Zürich" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	got, err := extract(t, html, []byte(`<meta charset="iso-8859-1"><p>Z`+"\xFC"+`rich<script>no</script>`))
	if err != nil || got.Parts[0] != "Zürich" {
		t.Errorf("html: %v, %v", got, err)
	}
}

// TestEnds never takes the end of a reading for that of its time.
func TestEnds(t *testing.T) {
	extractor := document.NewExtractor(document.DefaultLimits())
	for range 2000 {
		if _, err := extractor.Extract(t.Context(), txt, []byte("text")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWriters reads what other programs write: object streams and chains of
// filters in pdf, strings that go on in the next record of xls.
func TestWriters(t *testing.T) {
	read := func(file string, format bedrock.DocumentFormat) *document.Text {
		t.Helper()
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := extract(t, format, data)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return got
	}
	want, err := extract(t, pdf, sample(t, pdf))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, read("packed.pdf", pdf)); d != "" {
		t.Errorf("packed.pdf: %s", d)
	}
	if got := read("ascii85.pdf", pdf).Parts[0]; !strings.HasPrefix(got, "Größe and “quotes” – the quick") || !strings.HasSuffix(got, "a b\nYear Days\n2024 20") {
		t.Errorf("ascii85.pdf: %q", got)
	}
	var rows strings.Builder
	rows.WriteString("# Zweites\nName\n42\t3.25\n2024-03-15 13:45:00\n\tTRUE")
	for i := range 300 {
		fmt.Fprintf(&rows, "\nstring number %d with ünïcode 中文", i)
	}
	if d := cmp.Diff(rows.String()+"\n\n", read("continued.xls", xls).Parts[0]); d != "" {
		t.Errorf("continued.xls: %s", d)
	}
}
