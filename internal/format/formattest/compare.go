package formattest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	gojson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/saprolite/saprolite/internal/recorded"
)

// same compares conversations and answers: embedded JSON by value, empty and
// absent lists as one.
var same = gocmp.Options{
	gocmp.FilterPath(isJSON, gocmp.Transformer("JSON", func(raw json.RawMessage) any {
		var value any
		if len(raw) > 0 && json.Unmarshal(raw, &value) != nil {
			return string(raw)
		}
		return value
	})),
	gocmp.FilterPath(func(p gocmp.Path) bool { return !isJSON(p) }, cmpopts.EquateEmpty()),
}

func isJSON(p gocmp.Path) bool { return p.Last().Type() == reflect.TypeFor[json.RawMessage]() }

// spelling says how far the text of two JSON values must agree.
type spelling int

const (
	// exact is byte for byte.
	exact spelling = iota
	// ordered is key order and values; numbers may be spelled otherwise.
	ordered
	// values is the values alone.
	values
)

// trust is how far the spelling of a recorded answer can be trusted.
func (s Suite) trust(i *recorded.Interaction) spelling {
	switch {
	case i.Noted(recorded.NoteKeysSorted) || slices.Contains(s.ByValue, i.ID):
		return values
	case i.Noted(recorded.NoteReformatted):
		return ordered
	}
	return exact
}

// diff says how two JSON values differ, or gives the empty string.
func diff(want, got []byte, trust spelling) string {
	if trust == exact {
		return gocmp.Diff(string(want), string(got))
	}
	return gocmp.Diff(canonical(want, trust), canonical(got, trust))
}

// canonical spells a JSON value in the one way of its trust.
func canonical(value []byte, trust spelling) string {
	var out strings.Builder
	writeCanonical(&out, value, trust)
	return out.String()
}

func writeCanonical(out *strings.Builder, value jsontext.Value, trust spelling) {
	switch value.Kind() {
	case '{':
		members := membersOf(value)
		if trust == values {
			slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
		}
		out.WriteString("{\n")
		for _, m := range members {
			out.WriteString(m.name + ": ")
			writeCanonical(out, m.value, trust)
		}
		out.WriteString("}\n")
	case '[':
		var items []jsontext.Value
		_ = gojson.Unmarshal(value, &items)
		out.WriteString("[\n")
		for _, item := range items {
			writeCanonical(out, item, trust)
		}
		out.WriteString("]\n")
	case '0':
		number, _ := strconv.ParseFloat(string(value), 64)
		out.WriteString(strconv.FormatFloat(number, 'g', -1, 64) + "\n")
	default:
		out.WriteString(string(value) + "\n")
	}
}

// member is one member of a JSON object.
type member struct {
	name  string
	value jsontext.Value
}

func membersOf(object []byte) []member {
	var members []member
	d := jsontext.NewDecoder(bytes.NewReader(object))
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		name, _ := d.ReadToken()
		key := name.String()
		value, _ := d.ReadValue()
		members = append(members, member{key, value.Clone()})
	}
	return members
}

// edit rewrites the members of a JSON object, at every depth, by a function of
// their pointers that may change a value, or drops the member where it gives nil.
func edit(value jsontext.Value, change func(jsontext.Pointer, jsontext.Value) jsontext.Value) jsontext.Value {
	return editAt("", value, change)
}

func editAt(at jsontext.Pointer, value jsontext.Value, change func(jsontext.Pointer, jsontext.Value) jsontext.Value) jsontext.Value {
	if value.Kind() != '{' {
		return value
	}
	out := []byte{'{'}
	for _, m := range membersOf(value) {
		place := at.AppendToken(m.name)
		v := change(place, m.value)
		if v == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, m.name)
		out = append(append(out, ':'), editAt(place, v, change)...)
	}
	return append(out, '}')
}
