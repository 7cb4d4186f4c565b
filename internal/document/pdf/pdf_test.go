package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// file makes a pdf of a page with this content; fonts are the objects from 5 on,
// of which the page knows 5 as F.
func file(content string, fonts ...string) []byte {
	var all strings.Builder
	all.WriteString("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Resources<</Font<</F 5 0 R>>>>>>endobj\n" +
		"3 0 obj<</Type/Page/Contents 4 0 R>>endobj\n")
	fmt.Fprintf(&all, "4 0 obj<<>>stream\n%s\nendstream endobj\n", content)
	for i, font := range fonts {
		fmt.Fprintf(&all, "%d 0 obj %s endobj\n", 5+i, font)
	}
	all.WriteString("trailer<</Root 1 0 R>>")
	return []byte(all.String())
}

// pages reads a file.
func pages(t *testing.T, data []byte) []string {
	t.Helper()
	f, err := Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := f.Pages(func(text string) error { all = append(all, text); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

const helvetica = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"

// TestLayout puts white space where there is space on the page.
func TestLayout(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"one string":           {"BT /F 10 Tf (Hello there) Tj ET", "Hello there"},
		"two lines":            {"BT /F 10 Tf (One) Tj 0 -12 Td (Two) Tj ET", "One\nTwo"},
		"two paragraphs":       {"BT /F 10 Tf (One) Tj 0 -40 Td (Two) Tj ET", "One\n\nTwo"},
		"leading":              {"BT /F 10 Tf 12 TL (One) Tj T* (Two) Tj (Three) ' ET", "One\nTwo\nThree"},
		"kerning":              {"BT /F 10 Tf [(Hel) 20 (lo) -400 (there)] TJ ET", "Hello there"},
		"words by their place": {"BT /F 10 Tf (One) Tj ET BT /F 10 Tf 30 0 Td (Two) Tj ET", "One Two"},
		"letters side by side": {"BT /F 10 Tf (O) Tj 5 0 Td (n) Tj 5 0 Td (e) Tj ET", "One"},
		"a scaled page":        {"q 0.1 0 0 0.1 0 0 cm BT /F 100 Tf (One) Tj 0 -120 Td (Two) Tj ET Q", "One\nTwo"},
		"escapes":              {`BT /F 10 Tf (\(\101\\\)\344) Tj <e9> Tj ET`, `(A\)äé`},
		"an inline image":      {"BI /W 1 ID (((EIx EI BT /F 10 Tf (One) Tj ET", "One"},
		"broken operators":     {"]] >> Tj 1 Tf /F 10 Tf (One) Tj )", "One"},
		"no font":              {"BT (One) Tj ET", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff([]string{test.want}, pages(t, file(test.content, helvetica))); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestFonts reads codes by what their fonts say of them.
func TestFonts(t *testing.T) {
	cmap := "<<>>stream\n1 begincodespacerange <0000><FFFF> endcodespacerange 1 beginbfchar <0001><00660069> endbfchar " +
		"2 beginbfrange <0010><0012><0041> <0020><0021>[<005A> <D83DDE00>] endbfrange\nendstream"
	for name, test := range map[string]struct {
		codes string
		fonts []string
		want  string
	}{
		"a map":                   {"<0001001000120021>", []string{"<</Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R>>", cmap}, "fiAC😀"},
		"glyphs that say nothing": {"<00010010>", []string{"<</Subtype/Type0/Encoding/Identity-H>>"}, ""},
		"differences":             {"(abcde)", []string{"<</Subtype/Type1/Encoding<</Differences[97/Adieresis/uni20AC/f_f_i/u1F600/g.alt]>>>>"}, "Ä€ffi😀g"},
		"MacRoman":                {"<8a>", []string{"<</Subtype/TrueType/Encoding/MacRomanEncoding>>"}, "ä"},
		"a map over an encoding":  {"<41>", []string{"<</Subtype/TrueType/ToUnicode 6 0 R>>", "<<>>stream\n1 beginbfchar <41><0058> endbfchar\nendstream"}, "X"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff([]string{test.want}, pages(t, file("BT /F 10 Tf "+test.codes+" Tj ET", test.fonts...))); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestFilters decodes vectors; that of LZW is the one of the specification.
func TestFilters(t *testing.T) {
	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	// Two rows of three bytes: the second by each predictor in turn.
	w.Write([]byte("\x00abc\x01a\x01\x01"))
	w.Close()
	for name, test := range map[string]struct {
		dict dict
		raw  string
		want string
	}{
		"none":         {dict{}, "text", "text"},
		"hex":          {dict{"Filter": name("ASCIIHexDecode")}, "7465 7874>", "text"},
		"85":           {dict{"Filter": name("ASCII85Decode")}, "<~FD,B0z~>", "this\x00\x00\x00\x00"},
		"runs":         {dict{"Filter": name("RunLengthDecode")}, "\x01te\xffx\x00t\x80z", "texxt"},
		"LZW":          {dict{"Filter": name("LZWDecode")}, "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", "-----A---B"},
		"a chain":      {dict{"Filter": array{name("AHx"), name("RL")}}, "01 74 65 80>", "te"},
		"a predictor":  {dict{"Filter": name("FlateDecode"), "DecodeParms": dict{"Predictor": 15.0, "Columns": 3.0}}, deflated.String(), "abcabc"},
		"broken flate": {dict{"Filter": name("FlateDecode")}, deflated.String()[:8], ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &File{ctx: t.Context(), budget: maxDecoded}
			got, err := f.decode(&stream{dict: test.dict, raw: []byte(test.raw)})
			if err != nil || string(got) != test.want && name != "broken flate" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	f := &File{ctx: t.Context(), budget: maxDecoded}
	if _, err := f.decode(&stream{dict: dict{"Filter": name("DCTDecode")}}); err == nil {
		t.Error("a picture was decoded")
	}
}

// TestUpdates takes the last definition of an object.
func TestUpdates(t *testing.T) {
	data := append(file("BT /F 10 Tf (Old) Tj ET", helvetica), "\n4 0 obj<<>>stream\nBT /F 10 Tf (New) Tj ET\nendstream endobj"...)
	if d := cmp.Diff([]string{"New"}, pages(t, data)); d != "" {
		t.Error(d)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, data := range []string{"", "no pdf", "%PDF-1.4\n", "%PDF-1.4\n1 0 obj 5 endobj"} {
		if _, err := Open(t.Context(), []byte(data)); err == nil {
			t.Errorf("%q is a pdf", data)
		}
	}
}
