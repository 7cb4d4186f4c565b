package pdf

import (
	"bytes"
	"errors"
	"strings"
)

const (
	// maxOperators bounds the operators of a page with its forms, maxOperands
	// those that wait for an operator, maxSaved the graphics states that do.
	maxOperators = 1 << 20
	maxOperands  = 1 << 12
	maxSaved     = 1 << 10
	// checkEvery is how many operators pass between two looks at the context.
	checkEvery = 1 << 10
)

// isFatal tells the errors that end the reading of the file.
func isFatal(err error) bool {
	return errors.Is(err, ErrTooLarge) || err != nil && (errors.Is(err, errDeadline) || errors.Is(err, errCancelled))
}

// state is the graphics state, as far as it moves text.
type state struct {
	space                                  matrix
	font                                   *font
	size, spread, words, scale, lead, rise float64
}

// run is the reading of one page.
type run struct {
	file      *File
	out       strings.Builder
	state     state
	saved     []state
	operators int
	// line and glyph are the text line matrix and the text matrix.
	line, glyph matrix
	// last is where the last glyph ended.
	last  struct{ x, y, size float64 }
	begun bool
}

func newRun(f *File) *run {
	return &run{
		file: f, line: identity(), glyph: identity(),
		state: state{space: identity(), scale: 1},
	}
}

// interpret runs the operators of a content stream.
func (r *run) interpret(content []byte, resources dict, depth int) error {
	l := lexer{data: content}
	var operands array
	for {
		value, err := l.value(0)
		switch {
		case err == errEnd:
			return nil
		case err != nil:
			// The lexer has moved on; the operands before are lost.
			operands = operands[:0]
			continue
		}
		operator, ok := value.(keyword)
		if !ok {
			if len(operands) < maxOperands {
				operands = append(operands, value)
			}
			continue
		}
		if err := r.count(); err != nil {
			return err
		}
		switch operator {
		case "ID":
			l.image()
		case "Do":
			err = r.form(operands, resources, depth)
		default:
			err = r.operate(operator, operands, resources)
		}
		if err != nil {
			return err
		}
		operands = operands[:0]
	}
}

func (r *run) count() error {
	if r.operators++; r.operators > maxOperators {
		return ErrTooLarge
	}
	if r.operators%checkEvery == 0 {
		return r.file.ctx.Err()
	}
	return nil
}

// image passes over the data of an inline image.
func (l *lexer) image() {
	for l.at < len(l.data) {
		end := bytes.Index(l.data[l.at:], []byte("EI"))
		if end < 0 {
			l.at = len(l.data)
			return
		}
		l.at += end + 2
		if before := l.at - 3; before >= 0 && isSpace(l.data[before]) && (l.at == len(l.data) || isSpace(l.data[l.at])) {
			return
		}
	}
}

// form runs the content of a form, which is a page within the page.
func (r *run) form(operands array, resources dict, depth int) error {
	if len(operands) == 0 || depth >= maxDepth/4 {
		return nil
	}
	key, _ := operands[len(operands)-1].(name)
	s, ok := r.file.resolve(r.file.dictOf(resources["XObject"])[key]).(*stream)
	if !ok || s.dict["Subtype"] != name("Form") {
		return nil
	}
	data, err := r.file.decode(s)
	if err != nil {
		if isFatal(err) {
			return err
		}
		return nil
	}
	if own := r.file.dictOf(s.dict["Resources"]); own != nil {
		resources = own
	}
	before, saved := r.state, len(r.saved)
	if m, ok := r.matrix(r.file.list(s.dict["Matrix"])); ok {
		r.state.space = m.times(r.state.space)
	}
	err = r.interpret(data, resources, depth+1)
	r.state, r.saved = before, r.saved[:min(saved, len(r.saved))]
	return err
}

// matrix makes one of six numbers.
func (r *run) matrix(operands array) (matrix, bool) {
	var m matrix
	if len(operands) != len(m) {
		return m, false
	}
	for i, operand := range operands {
		m[i] = r.file.number(operand, 0)
	}
	return m, true
}

// operate does what an operator does to text and its place.
func (r *run) operate(operator keyword, operands array, resources dict) error {
	number := func(i int) float64 {
		if i < len(operands) {
			return r.file.number(operands[i], 0)
		}
		return 0
	}
	switch operator {
	case "q":
		if len(r.saved) < maxSaved {
			r.saved = append(r.saved, r.state)
		}
	case "Q":
		if n := len(r.saved); n > 0 {
			r.state, r.saved = r.saved[n-1], r.saved[:n-1]
		}
	case "cm":
		if m, ok := r.matrix(operands); ok {
			r.state.space = m.times(r.state.space)
		}
	case "BT":
		r.line, r.glyph = identity(), identity()
	case "Tc":
		r.state.spread = number(0)
	case "Tw":
		r.state.words = number(0)
	case "Tz":
		r.state.scale = number(0) / 100
	case "TL":
		r.state.lead = number(0)
	case "Ts":
		r.state.rise = number(0)
	case "Tf":
		if len(operands) > 0 {
			key, _ := operands[0].(name)
			font, err := r.file.font(r.file.dictOf(resources["Font"])[key])
			if err != nil {
				return err
			}
			r.state.font, r.state.size = font, number(1)
		}
	case "Td":
		r.move(number(0), number(1))
	case "TD":
		r.state.lead = -number(1)
		r.move(number(0), number(1))
	case "Tm":
		if m, ok := r.matrix(operands); ok {
			r.line, r.glyph = m, m
		}
	case "T*":
		r.move(0, -r.state.lead)
	case "Tj", "TJ", "'", "\"":
		r.show(operator, operands)
	}
	return nil
}

func (r *run) move(x, y float64) {
	r.line = shift(x, y).times(r.line)
	r.glyph = r.line
}

// show does the operators that show text.
func (r *run) show(operator keyword, operands array) {
	if operator == "'" || operator == "\"" {
		r.move(0, -r.state.lead)
	}
	if len(operands) == 0 {
		return
	}
	switch operand := operands[len(operands)-1].(type) {
	case text:
		r.write(operand)
	case array:
		for _, item := range operand {
			switch item := item.(type) {
			case text:
				r.write(item)
			case float64:
				r.advance(-item / 1000 * r.state.size)
			}
		}
	}
}

func (r *run) advance(x float64) {
	r.glyph = shift(x*r.state.scale, 0).times(r.glyph)
}

// write writes the characters of a string's glyphs where they are.
func (r *run) write(codes text) {
	if r.state.font == nil {
		return
	}
	for code, width := range r.state.font.glyphs(codes) {
		r.gap()
		r.out.WriteString(code.text)
		space := 0.0
		if code.space {
			space = r.state.words
		}
		r.advance(width*r.state.size + r.state.spread + space)
		at := r.glyph.times(r.state.space)
		r.last.x, r.last.y, r.last.size = at[4], at[5], r.em(at)
		r.begun = true
	}
}

// em is the size of the font on the page.
func (r *run) em(at matrix) float64 { return max(r.state.size*at.height(), 0.01) }

// The distances, in sizes of the font, from which on a gap is one.
const (
	wordGap = 0.18
	lineGap = 0.4
	// paragraphGap is more than two lines.
	paragraphGap = 2.2
)

// gap writes the white space between the last glyph and the next: a space, a line
// or a paragraph, by the distance on the page.
func (r *run) gap() {
	if !r.begun {
		return
	}
	at := r.glyph.times(r.state.space)
	size := max(r.em(at), r.last.size)
	x, y := (at[4]-r.last.x)/size, (r.last.y-at[5])/size
	switch {
	case y > paragraphGap:
		r.out.WriteString("\n\n")
	case y > lineGap || y < -lineGap:
		r.out.WriteString("\n")
	case (x > wordGap || x < -2) && !strings.HasSuffix(r.out.String(), " "):
		r.out.WriteString(" ")
	}
}
