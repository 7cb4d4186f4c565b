package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func writeShapes(w *writer, s *Service) {
	w.line("import (\"encoding/json\"; \"time\")\n")
	for _, name := range sorted(s.Shapes) {
		shape := s.Shapes[name]
		if shape.Type != "structure" || shape.Document || shape.Exception {
			continue
		}
		writeStruct(w, s, name, shape)
	}
}

func writeStruct(w *writer, s *Service, name string, shape *Shape) {
	w.line("// %s is the %s of that name in the Amazon Bedrock API.", name, kindOf(shape))
	if shape.Union {
		w.line("// Exactly one member is set.")
	}
	w.line("type %s struct {", name)
	members := slices.Clone([]Member(shape.Members))
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	for _, m := range members {
		target := s.Shapes[m.Shape]
		if target.Exception || (target.Eventstream && shape.Payload == m.Name) {
			continue
		}
		plain := s.isPlain(name, shape, m)
		w.line("\t%s %s `%s`", exported(m.Name), s.goType(m.Shape, plain), tagOf(shape, m, target, plain))
	}
	w.line("}\n")
}

func kindOf(shape *Shape) string {
	switch {
	case shape.Eventstream:
		return "event stream, one event at a time,"
	case shape.Union:
		return "union"
	}
	return "structure"
}

// isPlain says whether a member is held by value. A pointer tells an absent
// member from a zero one; that matters where a request can leave it out, so
// required members of shapes that only answers hold, and path labels, which
// cannot be absent, are plain.
func (s *Service) isPlain(owner string, shape *Shape, m Member) bool {
	if !shape.requires(m.Name) {
		return false
	}
	return m.Location == "uri" || !s.input[owner]
}

func (s *Service) goType(name string, plain bool) string {
	shape := s.Shapes[name]
	star := "*"
	if plain {
		star = ""
	}
	switch shape.Type {
	case "structure":
		if shape.Document {
			return "json.RawMessage"
		}
		return star + name
	case "string":
		if len(shape.Enum) > 0 {
			return name
		}
		return star + "string"
	case "integer":
		return star + "int32"
	case "long":
		return star + "int64"
	case "float":
		return star + "float32"
	case "double":
		return star + "float64"
	case "boolean":
		return star + "bool"
	case "timestamp":
		return star + "time.Time"
	case "blob":
		return "[]byte"
	case "list":
		return "[]" + s.goType(shape.Member.Shape, true)
	case "map":
		return fmt.Sprintf("map[%s]%s", s.goType(shape.Key.Shape, true), s.goType(shape.Value.Shape, true))
	}
	panic("no Go type for " + name)
}

// tagOf gives the struct tag of a member: its name in the JSON body, or that it
// travels elsewhere, as the shape's methods Bound and Payload tell.
func tagOf(shape *Shape, m Member, target *Shape, plain bool) string {
	if m.Location != "" || shape.Payload == m.Name {
		return fmt.Sprintf("json:%q", "-")
	}
	isList := target.Type == "list" && shape.requires(m.Name)
	if plain || isList {
		return fmt.Sprintf("json:%q", m.Name)
	}
	return fmt.Sprintf("json:%q", m.Name+",omitzero")
}

func writeEnums(w *writer, s *Service) {
	for _, name := range sorted(s.Shapes) {
		shape := s.Shapes[name]
		if len(shape.Enum) == 0 {
			continue
		}
		w.line("// %s is the enumeration of that name in the Amazon Bedrock API.", name)
		w.line("type %s string\n", name)
		w.line("// The values of %s.", name)
		w.line("const (")
		for _, value := range shape.Enum {
			w.line("\t%s%s %s = %q", name, constName(value), name, value)
		}
		w.line(")\n")
		w.line("// Values gives every value of the enumeration, in the model's order.")
		w.line("func (%s) Values() []%s {", name, name)
		w.line("\treturn []%s{", name)
		for _, value := range shape.Enum {
			w.line("\t\t%s%s,", name, constName(value))
		}
		w.line("\t}\n}\n")
	}
}

// constName joins the parts of an enum value: end_turn becomes EndTurn,
// GUARDRAIL_INTERVENED becomes GuardrailIntervened.
func constName(value string) string {
	parts := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("_-. :", r) })
	for i, part := range parts {
		if part == strings.ToUpper(part) {
			part = strings.ToLower(part)
		}
		parts[i] = exported(part)
	}
	return strings.Join(parts, "")
}
