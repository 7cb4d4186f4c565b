package policy_test

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slow is the policy language once more, as slow and as plain as it can be: it
// walks the JSON of a document and turns every pattern into a regular expression.
// It shares no code with the package.
type slow struct {
	t    *testing.T
	keys map[string][]string // by lower-case name
	vars bool
}

// slowDecide is Set.Decide for one resource: "allow", or "deny" or "none" and the
// number of the kind of policy that says so.
func slowDecide(t *testing.T, layers [3][]string, action, resource string, keys map[string][]string) (string, int) {
	t.Helper()
	results := [3]map[string]bool{}
	for l, documents := range layers {
		results[l] = map[string]bool{}
		for _, d := range documents {
			for _, effect := range slowPolicy(t, d, action, resource, keys) {
				results[l][effect] = true
			}
		}
	}
	for l := range results {
		if results[l]["Deny"] {
			return "deny", l
		}
	}
	for l := range results {
		if (l == 0 || len(layers[l]) > 0) && !results[l]["Allow"] {
			return "none", l
		}
	}
	return "allow", 0
}

// slowPolicy returns the effects of the statements that apply.
func slowPolicy(t *testing.T, document, action, resource string, keys map[string][]string) []string {
	t.Helper()
	var d struct {
		Version   string
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatal(err)
	}
	s := &slow{t: t, keys: keys, vars: d.Version == "2012-10-17"}
	var effects []string
	for _, st := range d.Statement {
		if s.action(st, action) && s.resource(st, resource) && s.conditions(st) {
			effects = append(effects, st["Effect"].(string))
		}
	}
	return effects
}

func list(v any) []string {
	switch v := v.(type) {
	case []any:
		var l []string
		for _, x := range v {
			l = append(l, list(x)...)
		}
		return l
	case string:
		return []string{v}
	case bool:
		return []string{strconv.FormatBool(v)}
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	}
	return nil
}

func (s *slow) action(st map[string]any, action string) bool {
	element, not := st["Action"], false
	if element == nil {
		element, not = st["NotAction"], true
	}
	for _, a := range list(element) {
		re := regexp.QuoteMeta(a)
		re = strings.ReplaceAll(strings.ReplaceAll(re, `\*`, `.*`), `\?`, `.`)
		if regexp.MustCompile(`(?i)^` + re + `$`).MatchString(action) {
			return !not
		}
	}
	return not
}

func (s *slow) resource(st map[string]any, resource string) bool {
	element, not := st["Resource"], false
	if element == nil {
		element, not = st["NotResource"], true
	}
	found := false
	for _, r := range list(element) {
		if r == "*" {
			found = true
			continue
		}
		missing := `a^`
		if not {
			missing = `.*` // it could be anything
		}
		segments := strings.SplitN(s.hide(r), ":", 6)
		if len(segments) < 6 {
			segments = append(segments, "*")
		}
		re := ""
		for i, segment := range segments {
			if i > 0 {
				re += ":"
			}
			segment = strings.ReplaceAll(segment, "\x00", ":")
			if i == 5 {
				x, _ := s.expression(segment, `.*`, `.`, missing)
				re += x
				continue
			}
			// A star at the end of a segment may leave it.
			trimmed := strings.TrimRight(segment, "*")
			x, _ := s.expression(trimmed, `[^:]*`, `[^:]`, missing)
			if trimmed != segment {
				x += `.*`
			}
			re += x
		}
		if regexp.MustCompile(`^` + re + `$`).MatchString(resource) {
			found = true
		}
	}
	return found != not
}

// expression turns a text with variables into a regular expression. For a variable
// without a value it puts missing, if there is any, and fails. Without wildcards,
// star and one are themselves.
func (s *slow) expression(text, star, one string, missing ...string) (string, bool) {
	ok := true
	tokens := regexp.MustCompile(`\$\{[^}]*\}|\*|\?|[^*?$]+|\$`)
	re := tokens.ReplaceAllStringFunc(text, func(token string) string {
		switch {
		case token == "*":
			return star
		case token == "?":
			return one
		case !strings.HasPrefix(token, "${"):
			return regexp.QuoteMeta(token)
		case !s.vars:
			inner := regexp.QuoteMeta(token)
			return strings.NewReplacer(`\*`, star, `\?`, one).Replace(inner)
		}
		name, fallback, hasFallback := strings.Cut(token[2:len(token)-1], ",")
		if name == "*" || name == "?" || name == "$" {
			return regexp.QuoteMeta(name)
		}
		values := s.keys[strings.ToLower(name)]
		if len(values) == 1 {
			return regexp.QuoteMeta(values[0])
		}
		if len(values) == 0 && hasFallback {
			return regexp.QuoteMeta(strings.Trim(fallback, " '"))
		}
		ok = false
		return strings.Join(missing, "")
	})
	return re, ok
}

func (s *slow) conditions(st map[string]any) bool {
	block, _ := st["Condition"].(map[string]any)
	for operator, keys := range block {
		for key, wanted := range keys.(map[string]any) {
			if !s.condition(operator, s.keys[strings.ToLower(key)], list(wanted)) {
				return false
			}
		}
	}
	return true
}

func (s *slow) condition(operator string, given, wanted []string) bool {
	all := strings.HasPrefix(operator, "ForAllValues:")
	some := strings.HasPrefix(operator, "ForAnyValue:")
	operator = strings.TrimPrefix(strings.TrimPrefix(operator, "ForAllValues:"), "ForAnyValue:")
	ifExists := strings.HasSuffix(operator, "IfExists")
	operator = strings.TrimSuffix(operator, "IfExists")
	empty := strings.Join(given, "") == "" && len(given) <= 1
	if operator == "Null" {
		for _, w := range wanted {
			if (strings.ToLower(w) == "true") == empty {
				return true
			}
		}
		return false
	}
	not := strings.Contains(operator, "Not")
	operator = strings.Replace(operator, "Not", "", 1)
	holds := func(value string) bool {
		equal := false
		for _, w := range wanted {
			equal = equal || s.equal(operator, value, w)
		}
		return equal != not
	}
	met := 0
	for _, v := range given {
		if holds(v) {
			met++
		}
	}
	switch {
	case len(given) == 0 && ifExists:
		return true
	case all:
		return empty || met == len(given)
	case some:
		return !empty && met > 0
	case len(given) == 0:
		return not
	default:
		return len(given) == 1 && met == 1
	}
}

// equal says whether a value of the request is what one value of the policy asks
// for; the operator has lost its Not.
func (s *slow) equal(operator, given, wanted string) bool {
	full := func(flags, star, one string) bool {
		re, ok := s.expression(wanted, star, one)
		return ok && regexp.MustCompile(`^(?s`+flags+`:`+re+`)$`).MatchString(given)
	}
	switch operator {
	case "StringEquals":
		return full("", `\*`, `\?`)
	case "StringEqualsIgnoreCase":
		return full("i", `\*`, `\?`)
	case "StringLike":
		return full("", `.*`, `.`)
	case "ArnEquals", "ArnLike":
		return s.arn(given, wanted)
	case "Bool":
		re, ok := s.expression(wanted, `\*`, `\?`)
		return ok && regexp.MustCompile(`^(?i:true|false)$`).MatchString(given) && regexp.MustCompile(`^(?i:`+re+`)$`).MatchString(given)
	case "BinaryEquals":
		_, err := base64.StdEncoding.DecodeString(given)
		return err == nil && full("", `\*`, `\?`)
	case "IpAddress":
		if !strings.Contains(wanted, "/") {
			return net.ParseIP(wanted).Equal(net.ParseIP(given))
		}
		_, network, _ := net.ParseCIDR(wanted)
		ip := net.ParseIP(given)
		return ip != nil && network.Contains(ip)
	}
	kind, order := "Numeric", strings.TrimPrefix(operator, "Numeric")
	if strings.HasPrefix(operator, "Date") {
		kind, order = "Date", strings.TrimPrefix(operator, "Date")
	}
	g, ok1 := slowNumber(kind, given)
	w, ok2 := slowNumber(kind, wanted)
	if !ok1 || !ok2 {
		return false
	}
	return map[string]bool{
		"Equals": g == w, "LessThan": g < w, "LessThanEquals": g <= w, "GreaterThan": g > w, "GreaterThanEquals": g >= w,
	}[order]
}

// arn compares the six parts of an ARN each on its own.
func (s *slow) arn(given, wanted string) bool {
	g, w := strings.SplitN(given, ":", 6), strings.SplitN(s.hide(wanted), ":", 6)
	if len(g) != 6 || len(w) != 6 {
		return false
	}
	for i := range w {
		re, ok := s.expression(strings.ReplaceAll(w[i], "\x00", ":"), `.*`, `.`)
		if !ok || !regexp.MustCompile(`^(?s:`+re+`)$`).MatchString(g[i]) {
			return false
		}
	}
	return true
}

// hide puts something else in place of the colons inside variables, which are none
// of the ARN's.
func (s *slow) hide(arn string) string {
	if !s.vars {
		return arn
	}
	return regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllStringFunc(arn, func(v string) string {
		return strings.ReplaceAll(v, ":", "\x00")
	})
}

func slowNumber(kind, s string) (float64, bool) {
	if kind == "Numeric" {
		n, err := strconv.ParseFloat(s, 64)
		return n, err == nil
	}
	if n, err := strconv.ParseUint(s, 10, 63); err == nil {
		return float64(n), true
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if d, err := time.Parse(layout, s); err == nil {
			return float64(d.Unix()), true
		}
	}
	return 0, false
}
