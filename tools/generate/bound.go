package main

import (
	"cmp"
	"fmt"
)

// places are the constants for the locations of botocore's models.
var places = map[string]string{"uri": "InPath", "querystring": "InQuery", "header": "InHeader"}

// writeBound writes, for each shape that has members outside its JSON body, the
// methods that list them.
func writeBound(w *writer, s *Service) {
	for _, name := range sorted(s.Shapes) {
		shape := s.Shapes[name]
		if shape.Type != "structure" || shape.Document {
			continue
		}
		bound := &writer{}
		for _, m := range shape.Members {
			if place, ok := places[m.Location]; ok {
				bound.line("\t\t{%s, %q, %s},", place, cmp.Or(m.LocationName, m.Name), s.memberPointer(m))
			}
		}
		if bound.Len() > 0 {
			w.line("// Bound lists the members that travel outside the body.")
			w.line("func (v *%s) Bound() []Bound {\n\treturn []Bound{\n%s\t}\n}\n", name, bound.String())
		}
		if s.hasRawBody(shape) {
			w.line("// Payload is the member that is the raw body.")
			w.line("func (v *%s) Payload() *[]byte { return &v.%s }\n", name, exported(shape.Payload))
		}
	}
}

// hasRawBody says whether a member of the shape is its body as it comes.
func (s *Service) hasRawBody(shape *Shape) bool {
	for _, m := range shape.Members {
		if m.Name == shape.Payload {
			return s.Shapes[m.Shape].Type == "blob"
		}
	}
	return false
}

// memberPointer is the expression for a pointer to a member; that to an
// enumeration becomes one to its text.
func (s *Service) memberPointer(m Member) string {
	pointer := "&v." + exported(m.Name)
	if len(s.Shapes[m.Shape].Enum) > 0 {
		return fmt.Sprintf("(*string)(%s)", pointer)
	}
	return pointer
}
