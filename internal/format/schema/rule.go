package schema

import "github.com/go-json-experiment/json/jsontext"

// rule is one kind of bound: the JSON kind that it speaks of, whether a size
// keeps it, and the library's text where it does not.
type rule struct {
	kind  jsontext.Kind
	keeps func(size, bound float64) bool
	say   func(size, bound string) string
}

var ruleNames = []string{"min", "max", "minLength", "maxLength", "minItems", "maxItems"}

var rules = map[string]rule{
	"min":       {'0', atLeast, func(s, b string) string { return s + " is not greater or equal to " + b }},
	"max":       {'0', atMost, func(s, b string) string { return s + " is not less or equal to " + b }},
	"minLength": {'"', atLeast, func(s, b string) string { return "expected minLength: " + b + ", actual: " + s }},
	"maxLength": {'"', atMost, func(s, b string) string { return "expected maxLength: " + b + ", actual: " + s }},
	"minItems":  {'[', atLeast, func(s, b string) string { return "expected minimum item count: " + b + ", found: " + s }},
	"maxItems":  {'[', atMost, func(s, b string) string { return "expected maximum item count: " + b + ", found: " + s }},
}

func atLeast(size, bound float64) bool { return size >= bound }

func atMost(size, bound float64) bool { return size <= bound }
