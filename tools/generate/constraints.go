package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

func writeConstraints(w *writer, s *Service) {
	w.line("import (\"regexp\"; \"unicode/utf8\")\n")
	writePatterns(w, s)
	for _, name := range sorted(s.Operations) {
		if op := s.Operations[name]; op.Input != nil {
			w.line("// Validate checks what the service model asks of the members. The error is one *ValidationException that lists every breach.")
			w.line("func (v *%s) Validate() error {", op.Input.Shape)
			w.line("\tvar c checker\n\tv.check(&c, nil)\n\treturn c.err()\n}\n")
		}
	}
	for _, name := range sorted(s.Shapes) {
		shape := s.Shapes[name]
		if shape.Type == "structure" && !shape.Document && s.input[name] && s.hasConstraints(name) {
			writeCheck(w, s, name, shape)
		}
	}
}

// patternVar names the compiled form of a shape's pattern.
func patternVar(shape string) string { return "pattern" + exported(shape) }

func writePatterns(w *writer, s *Service) {
	w.line("// Patterns match the whole value, as the service does.")
	w.line("var (")
	for _, name := range sorted(s.Shapes) {
		if shape := s.Shapes[name]; shape.Pattern != "" && s.input[name] {
			w.line("\t%s = regexp.MustCompile(`^(?:%s)$`)", patternVar(name), shape.Pattern)
		}
	}
	w.line(")\n")
}

// hasConstraints says whether anything below the shape can be broken.
func (s *Service) hasConstraints(name string) bool {
	for reached := range s.reach(name) {
		shape := s.Shapes[reached]
		if shape.Min != "" || shape.Max != "" || shape.Pattern != "" || len(shape.Enum) > 0 || len(shape.Required) > 0 || shape.Union {
			return true
		}
	}
	return false
}

func writeCheck(w *writer, s *Service, name string, shape *Shape) {
	w.line("func (v *%s) check(c *checker, at *path) {", name)
	if shape.Union {
		var set []string
		for _, m := range shape.Members {
			if !s.Shapes[m.Shape].Exception {
				set = append(set, fmt.Sprintf("v.%s != nil", exported(m.Name)))
			}
		}
		w.line("\tc.union(at, %s)", strings.Join(set, ", "))
	}
	for _, m := range shape.Members {
		target := s.Shapes[m.Shape]
		if target.Exception || target.Eventstream {
			continue
		}
		writeMember(w, s, name, shape, m)
	}
	w.line("}\n")
}

func writeMember(w *writer, s *Service, owner string, shape *Shape, m Member) {
	target := s.Shapes[m.Shape]
	field := "v." + exported(m.Name)
	plain := s.isPlain(owner, shape, m)
	body := &writer{}
	value := field
	if !plain && !slices.Contains([]string{"list", "map", "blob"}, target.Type) && len(target.Enum) == 0 && !target.isStruct() {
		value = "*" + field
	}
	writeValue(body, s, m.Shape, value, "p")
	required := shape.requires(m.Name) && !plain
	if body.Len() == 0 && !required {
		return
	}
	absent := field + " == nil"
	if len(target.Enum) > 0 {
		absent = field + ` == ""`
	}
	w.line("\t{")
	if body.Len() > 0 || required {
		w.line("\t\tp := at.member(%q)", m.Name)
	}
	switch {
	case plain:
		w.Write(body.Bytes())
	case required && body.Len() > 0:
		w.line("\t\tif %s {\n\t\t\tc.null(&p)\n\t\t} else {\n%s\t\t}", absent, body.String())
	case required:
		w.line("\t\tif %s {\n\t\t\tc.null(&p)\n\t\t}", absent)
	default:
		w.line("\t\tif !(%s) {\n%s\t\t}", absent, body.String())
	}
	w.line("\t}")
}

func (sh *Shape) isStruct() bool { return sh.Type == "structure" && !sh.Document }

// writeValue writes the checks of a value that is present. at names the path
// variable.
func writeValue(w *writer, s *Service, name, value, at string) {
	shape := s.Shapes[name]
	switch {
	case shape.isStruct():
		if s.hasConstraints(name) {
			w.line("%s.check(c, &%s)", value, at)
		}
	case shape.Type == "list" || shape.Type == "map":
		writeCollection(w, s, name, value, at)
	default:
		for _, rule := range s.rules(name, value) {
			w.line("if %s { c.fail(&%s, %s, %q) }", rule.broken, at, printed(shape, value), rule.text)
		}
	}
}

func writeCollection(w *writer, s *Service, name, value, at string) {
	shape := s.Shapes[name]
	for _, rule := range s.rules(name, value) {
		w.line("if %s { c.fail(&%s, %s, %q) }", rule.broken, at, printed(shape, value), rule.text)
	}
	if shape.Type == "map" {
		writeElements(w, s, shape.Key.Shape, value, at, "key", "Map keys must satisfy constraint", shape)
		writeElements(w, s, shape.Value.Shape, value, at, "value", "Map value must satisfy constraint", shape)
		return
	}
	element := s.Shapes[shape.Member.Shape]
	if !element.isStruct() {
		writeElements(w, s, shape.Member.Shape, value, at, "value", "Member must satisfy constraint", shape)
		return
	}
	if s.hasConstraints(shape.Member.Shape) {
		w.line("for i := range %s {\n\tp := %s.index(i)\n\t%s[i].check(c, &p)\n}", value, at, value)
	}
}

// writeElements checks scalar elements; the service reports them at the path of
// the collection, with all constraints of an element in brackets.
func writeElements(w *writer, s *Service, name, value, at, variable, lead string, owner *Shape) {
	element := s.Shapes[name]
	if element.isStruct() {
		if s.hasConstraints(name) {
			w.line("for key, value := range sortedMap(%s) {\n\tp := %s.member(key)\n\tvalue.check(c, &p)\n}", value, at)
		}
		return
	}
	rules := s.rules(name, variable)
	if len(rules) == 0 {
		return
	}
	var broken, texts []string
	for _, rule := range rules {
		broken = append(broken, rule.broken)
		texts = append(texts, rule.text)
	}
	loop := map[string]string{"key": "for key := range", "value": "for _, value := range"}[variable]
	w.line("%s %s {", loop, value)
	w.line("if %s {\nc.fail(&%s, %s, %q)\nbreak\n}\n}", strings.Join(broken, " || "), at, printed(owner, value),
		fmt.Sprintf("%s: [%s]", lead, strings.Join(texts, ", ")))
}

// rule is one constraint: the Go condition that breaks it, and AWS's words.
type rule struct{ broken, text string }

func (s *Service) rules(name, value string) []rule {
	shape := s.Shapes[name]
	var rules []rule
	measure, what := value, "value"
	switch shape.Type {
	case "string":
		measure, what = fmt.Sprintf("utf8.RuneCountInString(string(%s))", value), "length"
	case "list", "map", "blob":
		measure, what = fmt.Sprintf("len(%s)", value), "length"
	}
	// A lower bound of zero cannot be broken by a length.
	if shape.Max != "" {
		rules = append(rules, rule{fmt.Sprintf("%s > %s", measure, shape.Max), fmt.Sprintf("Member must have %s less than or equal to %s", what, bound(shape, shape.Max))})
	}
	if shape.Min != "" && (what == "value" || shape.Min != "0") {
		rules = append(rules, rule{fmt.Sprintf("%s < %s", measure, shape.Min), fmt.Sprintf("Member must have %s greater than or equal to %s", what, bound(shape, shape.Min))})
	}
	if shape.Pattern != "" {
		rules = append(rules, rule{fmt.Sprintf("!%s.MatchString(%s)", patternVar(name), value), "Member must satisfy regular expression pattern: " + shape.Pattern})
	}
	if len(shape.Enum) > 0 {
		values := make([]string, len(shape.Enum))
		for i, v := range shape.Enum {
			values[i] = name + constName(v)
		}
		var tests []string
		for _, v := range values {
			tests = append(tests, fmt.Sprintf("%s != %s", value, v))
		}
		rules = append(rules, rule{strings.Join(tests, " && "), fmt.Sprintf("Member must satisfy enum value set: [%s]", strings.Join(shape.Enum, ", "))})
	}
	return rules
}

func bound(shape *Shape, n json.Number) string { return n.String() }

// printed is the expression for the value in the message; sensitive values are
// left out.
func printed(shape *Shape, value string) string {
	if shape.Sensitive || shape.Type == "blob" {
		return "nil"
	}
	return value
}
