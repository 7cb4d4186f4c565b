package pdf

import (
	"errors"
	"fmt"
	"strconv"
)

// The values of a pdf are nil, bool, float64 and these.
type (
	name    string
	keyword string
	text    string
	dict    map[name]any
	array   []any
	ref     int
	stream  struct {
		dict dict
		raw  []byte
		// number and generation are those of its object.
		number, generation int
	}
)

// maxDepth bounds the nesting of arrays, dictionaries, forms and page trees.
const maxDepth = 64

var (
	errEnd  = errors.New("the data end")
	errOpen = errors.New("an array or a dictionary has no end")
	errDeep = fmt.Errorf("nested deeper than %d", maxDepth)
)

// lexer reads values from bytes. Every method moves on or fails.
type lexer struct {
	data []byte
	at   int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

// space passes over white space and comments.
func (l *lexer) space() {
	for l.at < len(l.data) {
		switch c := l.data[l.at]; {
		case c == '%':
			for l.at < len(l.data) && l.data[l.at] != '\n' && l.data[l.at] != '\r' {
				l.at++
			}
		case isSpace(c):
			l.at++
		default:
			return
		}
	}
}

// regular takes the characters up to white space or a delimiter.
func (l *lexer) regular() string {
	start := l.at
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		l.at++
	}
	return string(l.data[start:l.at])
}

// value reads the next value. Operators, and closing brackets, are keywords;
// errEnd ends the data.
func (l *lexer) value(depth int) (any, error) {
	l.space()
	if l.at >= len(l.data) {
		return nil, errEnd
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	c := l.data[l.at]
	switch {
	case c == '/':
		l.at++
		return l.name(), nil
	case c == '(':
		return l.literal(), nil
	case c == '<' && l.at+1 < len(l.data) && l.data[l.at+1] == '<':
		l.at += 2
		return l.dict(depth + 1)
	case c == '<':
		return l.hex(), nil
	case c == '[':
		l.at++
		return l.array(depth + 1)
	case c == '>' && l.at+1 < len(l.data) && l.data[l.at+1] == '>':
		l.at += 2
		return keyword(">>"), nil
	case isDelimiter(c):
		l.at++
		return keyword(c), nil
	}
	return l.word(), nil
}

// word reads a number, a constant or a keyword.
func (l *lexer) word() any {
	switch word := l.regular(); word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		if c := word[0]; c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9' {
			if number, err := strconv.ParseFloat(word, 64); err == nil {
				return number
			}
		}
		return keyword(word)
	}
}

func (l *lexer) name() name {
	word := l.regular()
	plain := make([]byte, 0, len(word))
	for i := 0; i < len(word); i++ {
		if word[i] == '#' && i+2 < len(word) {
			if code, err := strconv.ParseUint(word[i+1:i+3], 16, 8); err == nil {
				plain = append(plain, byte(code))
				i += 2
				continue
			}
		}
		plain = append(plain, word[i])
	}
	return name(plain)
}

// literal reads a string in parentheses.
func (l *lexer) literal() text {
	var plain []byte
	depth := 0
	for l.at < len(l.data) {
		c := l.data[l.at]
		l.at++
		switch c {
		case '(':
			if depth++; depth == 1 {
				continue
			}
		case ')':
			if depth--; depth == 0 {
				return text(plain)
			}
		case '\\':
			plain = l.escape(plain)
			continue
		}
		plain = append(plain, c)
	}
	return text(plain)
}

func (l *lexer) escape(plain []byte) []byte {
	if l.at >= len(l.data) {
		return plain
	}
	c := l.data[l.at]
	l.at++
	switch c {
	case 'n':
		return append(plain, '\n')
	case 'r':
		return append(plain, '\r')
	case 't':
		return append(plain, '\t')
	case 'b':
		return append(plain, '\b')
	case 'f':
		return append(plain, '\f')
	case '\n':
		return plain
	case '\r':
		if l.at < len(l.data) && l.data[l.at] == '\n' {
			l.at++
		}
		return plain
	}
	if c < '0' || c > '7' {
		return append(plain, c)
	}
	code := int(c - '0')
	for range 2 {
		if l.at >= len(l.data) || l.data[l.at] < '0' || l.data[l.at] > '7' {
			break
		}
		code = code<<3 | int(l.data[l.at]-'0')
		l.at++
	}
	return append(plain, byte(code))
}

// hex reads a string in angle brackets; what is no digit is passed over.
func (l *lexer) hex() text {
	var plain []byte
	digits, code := 0, byte(0)
	for l.at++; l.at < len(l.data); l.at++ {
		c := l.data[l.at]
		if c == '>' {
			l.at++
			break
		}
		digit, ok := hexDigit(c)
		if !ok {
			continue
		}
		code = code<<4 | digit
		if digits++; digits%2 == 0 {
			plain = append(plain, code)
		}
	}
	if digits%2 == 1 {
		plain = append(plain, code<<4)
	}
	return text(plain)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func (l *lexer) array(depth int) (any, error) {
	items, err := l.items("]", depth)
	if err != nil {
		return nil, err
	}
	return items, nil
}

func (l *lexer) dict(depth int) (any, error) {
	items, err := l.items(">>", depth)
	if err != nil {
		return nil, err
	}
	return pairs(items), nil
}

// items reads values up to a closing word.
func (l *lexer) items(closing keyword, depth int) (array, error) {
	var items array
	for {
		value, err := l.value(depth)
		if err != nil {
			return nil, err
		}
		switch value {
		case closing:
			return items, nil
		case keyword("obj"), keyword("endobj"):
			return nil, errOpen
		case keyword("R"):
			items = foldRef(items)
			continue
		}
		items = append(items, value)
	}
}

// pairs makes a dictionary of names and what follows them.
func pairs(items array) dict {
	made := dict{}
	for i := 0; i+1 < len(items); i++ {
		if key, ok := items[i].(name); ok {
			made[key] = items[i+1]
			i++
		}
	}
	return made
}

// foldRef makes a reference of the two numbers before an R.
func foldRef(items array) array {
	if len(items) < 2 {
		return items
	}
	number, ok := items[len(items)-2].(float64)
	if !ok || number < 0 || number > 1<<31 {
		return items
	}
	return append(items[:len(items)-2], ref(number))
}
