package schema

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// check walks a valid JSON value and appends what it violates.
func (n *node) check(place string, value jsontext.Value, violations []string) []string {
	found := typeOf(value)
	switch {
	case n.custom:
		return n.checkCustom(place, value, violations)
	case n.kind != "" && !fits(n.kind, found):
		return append(violations, place+": expected type: "+n.kind+", found: "+found)
	case n.elem != nil:
		var items []jsontext.Value
		_ = json.Unmarshal(value, &items)
		for i, item := range items {
			violations = n.elem.check(place+"/"+strconv.Itoa(i), item, violations)
		}
	case n.kind == "JSONObject" && len(n.fields) > 0:
		return n.checkObject(place, value, violations)
	}
	return violations
}

func (n *node) checkObject(place string, value jsontext.Value, violations []string) []string {
	members := Members(value)
	for _, f := range n.fields {
		if f.required && !slices.ContainsFunc(members, func(m Member) bool { return m.Name == f.name }) {
			violations = append(violations, place+": required key ["+f.name+"] not found")
		}
	}
	for _, m := range members {
		if !n.open && n.field(m.Name) == nil {
			violations = append(violations, place+": extraneous key ["+m.Name+"] is not permitted")
		}
	}
	for _, m := range members {
		f := n.field(m.Name)
		if f == nil || f.nullable && m.Value.Kind() == 'n' {
			continue
		}
		violations = f.check(place+string(jsontext.Pointer("").AppendToken(m.Name)), m.Value, violations)
	}
	return violations
}

func (n *node) field(name string) *field {
	for _, f := range n.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// check walks one member's value.
func (f *field) check(place string, value jsontext.Value, violations []string) []string {
	before := len(violations)
	violations = f.node.check(place, value, violations)
	if len(violations) > before {
		return violations
	}
	size, text := sizeOf(value)
	for _, name := range ruleNames {
		bound, ok := f.bounds[name]
		if rule := rules[name]; ok && rule.kind == value.Kind() && !rule.keeps(size, bound) {
			violations = append(violations, place+": "+rule.say(text, strconv.FormatFloat(bound, 'f', -1, 64)))
		}
	}
	if f.node.kind == "Integer" && math.Abs(size) > math.MaxInt32 && len(violations) == before {
		violations = append(violations, place+": "+rules["max"].say(text, strconv.Itoa(math.MaxInt32)))
	}
	return violations
}

// checkCustom lets a type that reads itself try the value. The library words a
// value that no form of the type fits as one that no subschema matches.
func (n *node) checkCustom(place string, value jsontext.Value, violations []string) []string {
	if json.Unmarshal(value, reflect.New(n.typ).Interface(), json.RejectUnknownMembers(true)) != nil {
		return append(violations, place+": #: no subschema matched out of the total 2 subschemas")
	}
	return violations
}

// typeOf is the name of a JSON value's type in the library: the simple name of
// the Java class that holds it.
func typeOf(value jsontext.Value) string {
	switch value.Kind() {
	case '{':
		return "JSONObject"
	case '[':
		return "JSONArray"
	case '"':
		return "String"
	case 't', 'f':
		return "Boolean"
	case 'n':
		return "Null"
	}
	text := strings.TrimSpace(string(value))
	if strings.ContainsAny(text, ".eE") {
		return "BigDecimal"
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return "BigInteger"
	case n != int64(int32(n)):
		return "Long"
	}
	return "Integer"
}

// fits says whether a value of the found type is one of the expected kind.
func fits(kind, found string) bool {
	switch found {
	case "Integer", "Long", "BigInteger":
		return kind == "Integer" || kind == "Number"
	case "BigDecimal":
		return kind == "Number"
	}
	return kind == found
}

// sizeOf is what the bounds of a JSON value speak of, as a number and as the
// text that messages show.
func sizeOf(value jsontext.Value) (size float64, text string) {
	switch value.Kind() {
	case '0':
		text = strings.TrimSpace(string(value))
		size, _ = strconv.ParseFloat(text, 64)
		return size, text
	case '"':
		var s string
		_ = json.Unmarshal(value, &s)
		size = characters(s)
	case '[':
		var items []jsontext.Value
		_ = json.Unmarshal(value, &items)
		size = float64(len(items))
	}
	return size, strconv.FormatFloat(size, 'f', -1, 64)
}

// characters counts as Java does.
func characters(s string) float64 {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return float64(n)
}
