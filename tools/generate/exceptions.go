package main

import (
	"cmp"
	"slices"
	"strings"
)

func writeExceptions(w *writer, s *Service) {
	for _, name := range sorted(s.Shapes) {
		if shape := s.Shapes[name]; shape.Exception {
			writeException(w, s, name, shape)
		}
	}
}

func writeException(w *writer, s *Service, name string, shape *Shape) {
	w.line("// %s is the error of that name in the Amazon Bedrock API: HTTP status %d.", name, shape.Error.HTTPStatusCode)
	w.line("type %s struct {", name)
	members := slices.Clone(shape.Members)
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	for _, m := range members {
		if m.Name == "message" {
			w.line("\tMessage string `json:\"message\"`")
		} else {
			w.line("\t%s %s `json:\"%s,omitzero\"`", exported(m.Name), s.goType(m.Shape, false), m.Name)
		}
	}
	w.line("}\n")
	w.line("func (e *%s) Error() string { return %q + e.Message }\n", name, name+": ")
	w.line("// ErrorCode is the name of the error on the wire.")
	w.line("func (e *%s) ErrorCode() string { return %q }\n", name, name)
	w.line("// ErrorMessage is the text that the caller sees.")
	w.line("func (e *%s) ErrorMessage() string { return e.Message }\n", name)
	w.line("// HTTPStatusCode is the status that the error has outside a stream.")
	w.line("func (e *%s) HTTPStatusCode() int { return %d }\n", name, shape.Error.HTTPStatusCode)
}

func writeEventStreams(w *writer, s *Service) {
	for _, stream := range s.eventStreams() {
		events := s.events(stream)
		w.line("// EventType is the :event-type of the event that is set, or the empty string.")
		w.line("func (v *%s) EventType() string {", stream)
		w.line("\tswitch {")
		for _, m := range events {
			w.line("\tcase v.%s != nil:\n\t\treturn %q", exported(m.Name), m.Name)
		}
		w.line("\t}\n\treturn \"\"\n}\n")
		w.line("// Event is a pointer to the event that is set, or nil.")
		w.line("func (v *%s) Event() any {", stream)
		w.line("\tswitch {")
		for _, m := range events {
			w.line("\tcase v.%s != nil:\n\t\treturn v.%s", exported(m.Name), exported(m.Name))
		}
		w.line("\t}\n\treturn nil\n}\n")
		w.line("// SetEvent sets an empty event of the given :event-type and returns a pointer to it, or nil for a type that the stream does not have.")
		w.line("func (v *%s) SetEvent(eventType string) any {", stream)
		w.line("\tswitch eventType {")
		for _, m := range events {
			w.line("\tcase %q:\n\t\tv.%s = new(%s)\n\t\treturn v.%s", m.Name, exported(m.Name), m.Shape, exported(m.Name))
		}
		w.line("\t}\n\treturn nil\n}\n")
		w.line("// SetPadding sets the member p of the event that is set.")
		w.line("func (v *%s) SetPadding(p string) {", stream)
		w.line("\tswitch {")
		for _, m := range events {
			w.line("\tcase v.%s != nil:\n\t\tv.%s.P = &p", exported(m.Name), exported(m.Name))
		}
		w.line("\t}\n}\n")
		w.line("// ExceptionType is the :exception-type under which the stream carries an error code, or the empty string where it does not carry it.")
		w.line("func (*%s) ExceptionType(errorCode string) string {", stream)
		w.line("\tswitch errorCode {")
		for _, m := range s.Shapes[stream].Members {
			if s.Shapes[m.Shape].Exception {
				w.line("\tcase %q:\n\t\treturn %q", m.Shape, m.Name)
			}
		}
		w.line("\t}\n\treturn \"\"\n}\n")
	}
}

func writeOperations(w *writer, s *Service) {
	w.line("// The operations that the models know, by name.")
	w.line("var (")
	for _, name := range sorted(s.Operations) {
		op := s.Operations[name]
		uri, _, _ := strings.Cut(op.HTTP.RequestURI, "?")
		w.line("\tOperation%s = Operation{Name: %q, Service: %q, Method: %q, URI: %q, Status: %d}",
			name, name, op.service, op.HTTP.Method, uri, op.HTTP.ResponseCode)
	}
	w.line(")\n")
	w.line("// Operations lists every operation, by name.")
	w.line("func Operations() []Operation {\n\treturn []Operation{")
	for _, name := range sorted(s.Operations) {
		w.line("\t\tOperation%s,", name)
	}
	w.line("\t}\n}\n")
	w.line("// Exceptions are the codes of the errors that the models declare for the operation.")
	w.line("func (o Operation) Exceptions() []string {\n\tswitch o.Name {")
	for _, name := range sorted(s.Operations) {
		w.line("\tcase %q:\n\t\treturn []string{", name)
		for _, e := range s.Operations[name].Errors {
			w.line("\t\t\t%q,", e.Shape)
		}
		w.line("\t\t}")
	}
	w.line("\t}\n\treturn nil\n}")
}
