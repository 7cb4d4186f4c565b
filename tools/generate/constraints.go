package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func writeConstraints(w *writer, s *Service) {
	w.line("import \"unicode/utf8\"\n")
	writePatterns(w, s)
	for _, name := range sorted(s.Operations) {
		op := s.Operations[name]
		switch {
		case op.Input == nil:
		case !s.hasConstraints(op.Input.Shape):
			w.line("// Validate has nothing to check.")
			w.line("func (v *%s) Validate() error { return nil }\n", op.Input.Shape)
		default:
			w.line("// Validate checks what the service model asks of the members. The error is one *ValidationException that lists every breach.")
			w.line("func (v *%s) Validate() error {", op.Input.Shape)
			w.line("\tc := newChecker()\n\tv.check(c)\n\treturn c.err()\n}\n")
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
			parts := alternatives(shape.Pattern)
			for _, part := range parts {
				regexp.MustCompile(part) // the program does so when it is first needed
			}
			w.line("\t%s = newPattern(`%s`)", patternVar(name), strings.Join(parts, "`, `"))
		}
	}
	w.line(")\n")
}

// alternatives cuts a pattern at the bars outside its brackets, within one pair of
// parentheses around all of it too, and puts the shortest part first: most values
// match that, and the long ones are slow.
func alternatives(pattern string) []string {
	var parts []string
	depth, class, from := 0, false, 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			parts, from = append(parts, pattern[from:i]), i+1
		}
	}
	parts = append(parts, pattern[from:])
	if inner, ok := unwrapped(pattern); ok && len(parts) == 1 {
		return alternatives(inner)
	}
	slices.SortStableFunc(parts, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	return parts
}

// unwrapped takes away the parentheses around a whole pattern.
func unwrapped(pattern string) (inner string, ok bool) {
	if !strings.HasPrefix(pattern, "(") || !strings.HasSuffix(pattern, ")") {
		return "", false
	}
	inner = pattern[1 : len(pattern)-1]
	_, err := regexp.Compile(inner)
	return inner, err == nil && !strings.HasPrefix(inner, "?")
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
	w.line("func (v *%s) check(c *checker) {", name)
	if shape.Union {
		var set []string
		for _, m := range shape.Members {
			if !s.Shapes[m.Shape].Exception {
				set = append(set, fmt.Sprintf("v.%s != nil", exported(m.Name)))
			}
		}
		w.line("\tc.union(%s)", strings.Join(set, ", "))
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
	writeValue(body, s, m, value)
	absent, present := field+" == nil", field+" != nil"
	if len(target.Enum) > 0 {
		absent, present = field+` == ""`, field+` != ""`
	}
	switch required := shape.requires(m.Name); {
	case plain:
		w.Write(body.Bytes())
	case required && body.Len() > 0:
		w.line("if %s {\nc.null(%q)\n} else {\n%s}", absent, m.Name, body.String())
	case required:
		w.line("if %s {\nc.null(%q)\n}", absent, m.Name)
	case body.Len() > 0:
		w.line("if %s {\n%s}", present, body.String())
	}
}

func (sh *Shape) isStruct() bool { return sh.Type == "structure" && !sh.Document }

// writeValue writes the checks of a member that is present; value is the
// expression for it.
func writeValue(w *writer, s *Service, m Member, value string) {
	shape := s.Shapes[m.Shape]
	switch {
	case shape.isStruct():
		if s.hasConstraints(m.Shape) {
			w.line("c.enter(%q)\n%s.check(c)\nc.leave()", m.Name, value)
		}
	case shape.Type == "list" || shape.Type == "map":
		writeCollection(w, s, m, value)
	default:
		writeRules(w, s, m, value)
	}
}

func writeRules(w *writer, s *Service, m Member, value string) {
	for _, rule := range s.rules(m.Shape, value) {
		w.line("if %s {\nc.fail(%q, %s, %q)\n}", rule.broken, m.Name, printed(s.Shapes[m.Shape], value), rule.text)
	}
}

func writeCollection(w *writer, s *Service, m Member, value string) {
	writeRules(w, s, m, value)
	shape := s.Shapes[m.Shape]
	if shape.Type == "map" {
		writeElements(w, s, m, shape.Key.Shape, value, "key", "Map keys must satisfy constraint")
		writeElements(w, s, m, shape.Value.Shape, value, "value", "Map value must satisfy constraint")
		return
	}
	if !s.Shapes[shape.Member.Shape].isStruct() {
		writeElements(w, s, m, shape.Member.Shape, value, "value", "Member must satisfy constraint")
		return
	}
	if s.hasConstraints(shape.Member.Shape) {
		w.line("for i := range %s {\nc.enterItem(%q, i)\n%s[i].check(c)\nc.leave()\n}", value, m.Name, value)
	}
}

// writeElements checks scalar elements; the service reports them at the path of
// the collection, with all constraints of an element in brackets.
func writeElements(w *writer, s *Service, m Member, element, value, variable, lead string) {
	if s.Shapes[element].isStruct() {
		if s.hasConstraints(element) {
			w.line("c.enter(%q)\nfor key, value := range sortedMap(%s) {\nc.enter(key)\nvalue.check(c)\nc.leave()\n}\nc.leave()", m.Name, value)
		}
		return
	}
	rules := s.rules(element, variable)
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
	w.line("if %s {\nc.fail(%q, %s, %q)\nbreak\n}\n}", strings.Join(broken, " || "), m.Name, printed(s.Shapes[m.Shape], value),
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
		rules = append(rules, rule{fmt.Sprintf("%s > %s", measure, shape.Max), fmt.Sprintf("Member must have %s less than or equal to %s", what, shape.Max)})
	}
	if shape.Min != "" && (what == "value" || shape.Min != "0") {
		rules = append(rules, rule{fmt.Sprintf("%s < %s", measure, shape.Min), fmt.Sprintf("Member must have %s greater than or equal to %s", what, shape.Min)})
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

// printed is the expression for the value in the message; sensitive values are
// left out.
func printed(shape *Shape, value string) string {
	if shape.Sensitive || shape.Type == "blob" {
		return "nil"
	}
	return value
}
