package schema

import (
	stdjson "encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// node is the schema of one value.
type node struct {
	typ    reflect.Type
	kind   string   // the library's name of the type; empty takes anything
	custom bool     // the type reads itself
	fields []*field // of an object
	open   bool     // the object takes further members
	elem   *node    // of an array
}

// field is one member of an object.
type field struct {
	name               string
	index              int
	node               *node
	required, nullable bool
	bounds             map[string]float64
}

var unmarshaler = reflect.TypeFor[json.UnmarshalerFrom]()

func compile(t reflect.Type) *node {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	n := &node{typ: t}
	switch {
	case t == reflect.TypeFor[jsontext.Value](), t == reflect.TypeFor[stdjson.RawMessage]():
	case t == reflect.TypeFor[[]byte]():
		n.kind = "String"
	case reflect.PointerTo(t).Implements(unmarshaler):
		n.custom = true
	case t.Kind() == reflect.Struct:
		n.kind = "JSONObject"
		n.compileFields()
	case t.Kind() == reflect.Slice:
		n.kind, n.elem = "JSONArray", compile(t.Elem())
	case t.Kind() == reflect.Map:
		n.kind, n.open = "JSONObject", true
	case t.Kind() == reflect.String:
		n.kind = "String"
	case t.Kind() == reflect.Bool:
		n.kind = "Boolean"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		n.kind = "Integer"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		n.kind = "Number"
	default:
		panic(fmt.Sprintf("schema: no schema for a %v", t))
	}
	return n
}

func (n *node) compileFields() {
	for i := range n.typ.NumField() {
		f := n.typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case options == "embed":
			n.open = true
		case name == "":
			panic(fmt.Sprintf("schema: %v.%s has no json name", n.typ, f.Name))
		default:
			n.fields = append(n.fields, compileField(i, name, f))
		}
	}
}

func compileField(index int, name string, f reflect.StructField) *field {
	compiled := &field{name: name, index: index, node: compile(f.Type), bounds: make(map[string]float64)}
	for rule := range strings.SplitSeq(f.Tag.Get("schema"), ",") {
		key, value, _ := strings.Cut(rule, "=")
		switch key {
		case "":
		case "required":
			compiled.required = true
		case "nullable":
			compiled.nullable = true
		case "min", "max", "minLength", "maxLength", "minItems", "maxItems":
			bound, err := strconv.ParseFloat(value, 64)
			if err != nil {
				panic(fmt.Sprintf("schema: tag of %s: %v", f.Name, err))
			}
			compiled.bounds[key] = bound
		default:
			panic(fmt.Sprintf("schema: tag of %s: unknown rule %q", f.Name, rule))
		}
	}
	return compiled
}

// holds says whether a decoded value surely keeps its schema. Where it is in
// doubt, as with a required member that is zero, it says no, and check decides.
func (n *node) holds(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case !v.IsValid() || n.custom:
		return true
	case n.elem != nil && n.elem.kind == "JSONObject":
		for i := range v.Len() {
			if !n.elem.holds(v.Index(i)) {
				return false
			}
		}
	case n.typ.Kind() == reflect.Struct:
		for _, f := range n.fields {
			value := v.Field(f.index)
			if f.required && value.IsZero() || !f.within(value) || !f.node.holds(value) {
				return false
			}
		}
	}
	return true
}

// within says whether a decoded value keeps the bounds of its member. An absent
// value does.
func (f *field) within(v reflect.Value) bool {
	if len(f.bounds) == 0 || v.IsZero() && !f.required {
		return true
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for rule, bound := range f.bounds {
		if !rules[rule].keeps(measure(v), bound) {
			return false
		}
	}
	return true
}

// measure is what the bounds of a value speak of: its amount, or its length.
func measure(v reflect.Value) float64 {
	switch v.Kind() {
	case reflect.String:
		return characters(v.String())
	case reflect.Slice:
		return float64(v.Len())
	case reflect.Float32:
		return shortest(v.Float())
	case reflect.Float64:
		return v.Float()
	}
	return float64(v.Int())
}

// shortest is the number that a float32 was read from, so that 0.1 meets a
// bound of 0.1.
func shortest(f float64) float64 {
	exact, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64)
	return exact
}
