package pdf

import (
	"context"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

var (
	errDeadline  = context.DeadlineExceeded
	errCancelled = context.Canceled
)

// glyph is one shown glyph: what it says, and whether it is the space to which
// the word spacing applies.
type glyph struct {
	text  string
	space bool
}

// font tells what the codes of a string say, and how wide their glyphs are.
type font struct {
	// wide fonts have codes of two bytes unless the map says otherwise.
	wide bool
	// unicode is the font's own map to characters, or nil.
	unicode *cmap
	// encoding is what codes of one byte say without it.
	encoding [256]string
	widths   map[int]float64
	width    float64
}

// font reads a font, once for each object.
func (f *File) font(value any) (*font, error) {
	id, isRef := value.(ref)
	if known := f.fonts[id]; isRef && known != nil {
		return known, nil
	}
	d := f.dictOf(value)
	if d == nil {
		return nil, nil
	}
	made := &font{wide: d["Subtype"] == name("Type0"), widths: map[int]float64{}, width: 0.5}
	if s, ok := f.resolve(d["ToUnicode"]).(*stream); ok {
		data, err := f.decode(s)
		if isFatal(err) {
			return nil, err
		}
		made.unicode = readCMap(data)
	}
	if made.wide {
		f.readWideWidths(made, d)
	} else {
		made.encoding = f.readEncoding(f.resolve(d["Encoding"]))
		f.readWidths(made, d)
	}
	if isRef {
		f.fonts[id] = made
	}
	return made, nil
}

// readEncoding gives what the codes of a simple font say: a base with differences.
func (f *File) readEncoding(value any) [256]string {
	base, differences := value, array(nil)
	if d, ok := value.(dict); ok {
		base = f.resolve(d["BaseEncoding"])
		differences, _ = f.resolve(d["Differences"]).(array)
	}
	table := charmap.Windows1252
	if base == name("MacRomanEncoding") {
		table = charmap.Macintosh
	}
	var encoding [256]string
	for code := range encoding {
		if r := table.DecodeByte(byte(code)); code >= ' ' && r != '\uFFFD' {
			encoding[code] = string(r)
		}
	}
	code := 0
	for _, item := range differences {
		switch item := f.resolve(item).(type) {
		case float64:
			code = int(max(0, min(item, 256)))
		case name:
			if code < len(encoding) {
				encoding[code] = glyphText(string(item))
			}
			code++
		}
	}
	return encoding
}

// glyphText gives the characters that a glyph's name stands for: a name of the
// list, one of the forms uni0041 and u1F600, or several joined by underscores.
func glyphText(glyph string) string {
	glyph, _, _ = strings.Cut(glyph, ".")
	var all strings.Builder
	for part := range strings.SplitSeq(glyph, "_") {
		if known, ok := glyphNames[part]; ok {
			all.WriteString(known)
			continue
		}
		if len(part) == 1 {
			all.WriteString(part)
			continue
		}
		for _, prefix := range []string{"uni", "u"} {
			digits, ok := strings.CutPrefix(part, prefix)
			if code, err := strconv.ParseUint(digits, 16, 21); ok && err == nil && len(digits) >= 4 {
				all.WriteRune(rune(code))
				break
			}
		}
	}
	return all.String()
}

func (f *File) readWidths(made *font, d dict) {
	first := int(f.number(d["FirstChar"], 0))
	widths, _ := f.resolve(d["Widths"]).(array)
	for i, width := range widths[:min(len(widths), 256)] {
		made.widths[first+i] = f.number(width, 500) / 1000
	}
	if d["Subtype"] == name("Type3") {
		// The unit of these is the font's own matrix.
		if m := f.list(d["FontMatrix"]); len(m) == 6 {
			for code := range made.widths {
				made.widths[code] *= 1000 * f.number(m[0], 0.001)
			}
		}
	}
}

// maxWidths bounds the widths of a font that are noted.
const maxWidths = 1 << 16

// readWideWidths reads the widths of a composite font: "first [widths]" and
// "first last width".
func (f *File) readWideWidths(made *font, d dict) {
	made.width = 1
	descendants := f.list(d["DescendantFonts"])
	if len(descendants) == 0 {
		return
	}
	below := f.dictOf(descendants[0])
	made.width = f.number(below["DW"], 1000) / 1000
	items := f.list(below["W"])
	for i := 0; i+1 < len(items) && len(made.widths) < maxWidths; {
		first := int(f.number(items[i], 0))
		if list, ok := f.resolve(items[i+1]).(array); ok {
			for j, width := range list[:min(len(list), maxWidths)] {
				made.widths[first+j] = f.number(width, 1000) / 1000
			}
			i += 2
			continue
		}
		if i+2 >= len(items) {
			return
		}
		last := min(int(f.number(items[i+1], 0)), first+maxWidths)
		for code := first; code <= last && len(made.widths) < maxWidths; code++ {
			made.widths[code] = f.number(items[i+2], 1000) / 1000
		}
		i += 3
	}
}

// glyphs gives the glyphs that a string shows, with their widths in ems.
func (f *font) glyphs(codes text) iter.Seq2[glyph, float64] {
	return func(yield func(glyph, float64) bool) {
		for len(codes) > 0 {
			n := 1
			if f.wide {
				n = min(2, len(codes))
			}
			if f.unicode != nil {
				n = f.unicode.length(codes, n)
			}
			code := 0
			for _, b := range []byte(codes[:n]) {
				code = code<<8 | int(b)
			}
			width, ok := f.widths[code]
			if !ok {
				width = f.width
			}
			if !yield(glyph{f.says(string(codes[:n]), code), n == 1 && code == ' '}, width) {
				return
			}
			codes = codes[n:]
		}
	}
}

// says gives the characters of a code. The codes of a composite font without a
// map are glyphs, of which nobody knows what they say.
func (f *font) says(raw string, code int) string {
	if f.unicode != nil {
		if text, ok := f.unicode.lookup(raw); ok {
			return text
		}
	}
	if f.wide || code > 255 {
		return ""
	}
	return f.encoding[code]
}
