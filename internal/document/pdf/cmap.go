package pdf

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// maxMappings bounds the entries of a font's map.
const maxMappings = 1 << 17

// cmap is a font's map from codes to characters.
type cmap struct {
	// lengths says which lengths codes have, by their first byte.
	lengths []codeSpace
	chars   map[string]string
	ranges  []codeRange
}

type codeSpace struct{ low, high string }

// codeRange maps consecutive codes: to consecutive characters, or to a list.
type codeRange struct {
	low, high string
	first     string
	list      array
}

// readCMap reads what a map says, as far as it can be read.
func readCMap(data []byte) *cmap {
	m := &cmap{chars: map[string]string{}}
	l := lexer{data: data}
	var operands array
	for {
		value, err := l.value(0)
		if err == errEnd {
			break
		}
		if err != nil {
			continue
		}
		operator, ok := value.(keyword)
		if !ok {
			if len(operands) < maxMappings {
				operands = append(operands, value)
			}
			continue
		}
		switch operator {
		case "endcodespacerange":
			m.addSpaces(operands)
		case "endbfchar":
			m.addChars(operands)
		case "endbfrange":
			m.addRanges(operands)
		}
		operands = operands[:0]
	}
	slices.SortStableFunc(m.ranges, func(a, b codeRange) int { return compareCodes(a.low, b.low) })
	return m
}

// compareCodes orders codes by length first.
func compareCodes(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func (m *cmap) addSpaces(operands array) {
	for i := 0; i+1 < len(operands) && len(m.lengths) < 256; i += 2 {
		low, ok1 := operands[i].(text)
		high, ok2 := operands[i+1].(text)
		if ok1 && ok2 && len(low) == len(high) && len(low) > 0 && len(low) <= 4 {
			m.lengths = append(m.lengths, codeSpace{string(low), string(high)})
		}
	}
}

func (m *cmap) addChars(operands array) {
	for i := 0; i+1 < len(operands) && len(m.chars) < maxMappings; i += 2 {
		code, ok1 := operands[i].(text)
		to, ok2 := operands[i+1].(text)
		if ok1 && ok2 {
			m.chars[string(code)] = decodeUTF16(string(to))
		}
	}
}

func (m *cmap) addRanges(operands array) {
	for i := 0; i+2 < len(operands) && len(m.ranges) < maxMappings; i += 3 {
		low, ok1 := operands[i].(text)
		high, ok2 := operands[i+1].(text)
		if !ok1 || !ok2 || len(low) != len(high) || len(low) == 0 || low > high {
			continue
		}
		made := codeRange{low: string(low), high: string(high)}
		switch to := operands[i+2].(type) {
		case text:
			made.first = string(to)
		case array:
			made.list = to
		}
		m.ranges = append(m.ranges, made)
	}
}

// length is that of the code at the head of a string.
func (m *cmap) length(codes text, otherwise int) int {
	for _, space := range m.lengths {
		if n := len(space.low); n <= len(codes) && inSpace(string(codes[:n]), space) {
			return n
		}
	}
	return otherwise
}

// inSpace compares byte by byte: a code space is a box.
func inSpace(code string, space codeSpace) bool {
	for i := range len(code) {
		if code[i] < space.low[i] || code[i] > space.high[i] {
			return false
		}
	}
	return true
}

// lookup gives the characters of a code.
func (m *cmap) lookup(code string) (string, bool) {
	if text, ok := m.chars[code]; ok {
		return text, true
	}
	at, found := slices.BinarySearchFunc(m.ranges, code, func(r codeRange, code string) int { return compareCodes(r.low, code) })
	if !found {
		at--
	}
	if at < 0 || len(m.ranges[at].low) != len(code) || code > m.ranges[at].high {
		return "", false
	}
	return m.ranges[at].nth(number(code) - number(m.ranges[at].low)), true
}

func number(code string) int {
	n := 0
	for _, b := range []byte(code[max(0, len(code)-4):]) {
		n = n<<8 | int(b)
	}
	return n
}

// nth gives the characters of the nth code of a range: the last unit of the first
// counts up.
func (r codeRange) nth(n int) string {
	if r.list != nil {
		if n >= len(r.list) {
			return ""
		}
		to, _ := r.list[n].(text)
		return decodeUTF16(string(to))
	}
	if len(r.first) < 2 {
		return ""
	}
	to := []byte(r.first)
	last := (int(to[len(to)-2])<<8 | int(to[len(to)-1])) + n
	to[len(to)-2], to[len(to)-1] = byte(last>>8), byte(last)
	return decodeUTF16(string(to))
}

func decodeUTF16(raw string) string {
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}
