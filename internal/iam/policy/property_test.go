package policy_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

// generator makes random policies and requests out of few words, so that they
// meet often.
type generator struct {
	*rand.Rand
	// version is that of the document being made.
	version string
}

func (g generator) of(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) some(word func() string) any {
	if g.IntN(2) == 0 {
		return word()
	}
	values := []string{}
	for range 1 + g.IntN(3) {
		values = append(values, word())
	}
	return values
}

func (g generator) document(versions ...string) string {
	g.version = g.of(versions...)
	d := map[string]any{"Version": g.version}
	var list []any
	for range 1 + g.IntN(3) {
		list = append(list, g.statement())
	}
	d["Statement"] = list
	b, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (g generator) statement() map[string]any {
	s := map[string]any{"Effect": "Allow"}
	if g.IntN(4) == 0 {
		s["Effect"] = "Deny"
	}
	action, resource := "Action", "Resource"
	if g.IntN(6) == 0 {
		action = "NotAction"
	}
	if g.IntN(6) == 0 {
		resource = "NotResource"
	}
	s[action] = g.some(g.actionPattern)
	s[resource] = g.some(g.resourcePattern)
	if g.IntN(2) == 0 {
		block := map[string]any{}
		for range 1 + g.IntN(2) {
			operator, key, value := g.condition()
			block[operator] = map[string]any{key: g.some(value)}
		}
		s["Condition"] = block
	}
	return s
}

func (g generator) actionPattern() string {
	return g.of("*", "bedrock:*", "bedrock:InvokeModel", "bedrock:invokemodel*", "bedrock:?nvoke*", "s3:GetObject", "*:Get*", "bedrock:*Stream")
}

func (g generator) resourcePattern() string {
	if g.IntN(8) == 0 {
		return "*"
	}
	r := g.of("arn:aws:bedrock", "arn:*:bedrock", "arn:aws*n:bedrock", "arn:aws*:s3", "arn:aws-?n:bedrock")
	r += g.of(":us-east-1", ":us-*", ":*", ":us-*-1", ":?", ":", ":us-east-1*")
	if g.IntN(6) == 0 {
		return r + g.of("", ":*", ":model/*", "::model")
	}
	r += g.of(":", ":*", ":1", ":?", ":${aws:k}", ":*${aws:multi}")
	return r + g.of("", ":*", ":model/*", ":model/a:0", ":model/?:0", ":*:0", ":model/${aws:username}*", ":model/${aws:k, 'a'}:0", ":${*}", ":model/${aws:multi}")
}

func (g generator) condition() (operator, key string, value func() string) {
	prefix := g.of("", "", "ForAllValues:", "ForAnyValue:")
	suffix := g.of("", "", "IfExists")
	key = g.of("aws:k", "AWS:K", "aws:username", "aws:multi", "aws:none")
	words := func(values ...string) func() string { return func() string { return g.of(values...) } }
	switch g.IntN(8) {
	case 0:
		return prefix + g.of("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals") + suffix,
			key, words("1", "2", "2.0", "-1", "10")
	case 1:
		return prefix + g.of("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals") + suffix,
			key, words("2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600", "2")
	case 2:
		return prefix + g.of("IpAddress", "NotIpAddress") + suffix, key, words("10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "::ffff:10.1.2.3", "0.0.0.0/0")
	case 3:
		return prefix + g.of("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike") + suffix, key,
			words("arn:aws:iam::1:user/a", "arn:*:*:*:*:*", "arn:aws:iam:*:user/a", "arn:aws:iam::?:*/${aws:username}", "arn:aws:iam::${aws:k}:user/a", "*")
	case 4:
		return prefix + "Bool" + suffix, key, words("true", "FALSE", g.variable("true"))
	case 5:
		return "Null", key, words("true", "false")
	case 6:
		return prefix + "BinaryEquals" + suffix, key, words("YQ==", "Yg==", g.variable("YQ=="))
	default:
		return prefix + g.of("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike") + suffix,
			key, words("a", "A", "b", "a*", "?", "*", "", "${aws:username}", "${aws:username}*", "${aws:none, 'b'}", "${aws:multi}", "${*}", "${$}{x}", "${?}", "aé*")
	}
}

// variable is a variable, where the version has any.
func (g generator) variable(otherwise string) string {
	if g.version == policy.Version2012 {
		return "${aws:k}"
	}
	return otherwise
}

func (g generator) keys() map[string][]string {
	keys := map[string][]string{}
	value := func() string {
		return g.of("a", "A", "b", "", "ab", "*", "aéb", "1", "2", "2.0", "x", "true", "false", "YQ==", "10.1.2.3", "2001:db8::1", "2026-01-01T00:00:00Z",
			"2025-12-31T23:59:59Z", "1767225600", "arn:aws:iam::1:user/a", "arn:aws:iam:x:1:user/a", "arn:aws:iam::1:role/a:b")
	}
	for _, k := range []string{"aws:k", "aws:username"} {
		if g.IntN(4) > 0 {
			keys[k] = []string{value()}
		}
	}
	for range g.IntN(3) {
		keys["aws:multi"] = append(keys["aws:multi"], value())
	}
	return keys
}

func (g generator) resource() string {
	return g.of("arn:aws:bedrock:us-east-1::model/", "arn:aws:bedrock:us-west-1:1:model/", "arn:aws-cn:bedrock:us-east-2:1:model/", "arn:aws:bedrock:::model/", "arn:aws:s3:::model/") +
		g.of("a:0", "b:0", "a", "ab", "A:0", "*", "a:1:model/a:0")
}

// TestAgainstSlowEvaluator decides random requests by random policies, twice.
func TestAgainstSlowEvaluator(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	g := generator{Rand: rand.New(rand.NewPCG(seed, 2))}
	counts := map[string]int{}
	for range 2_000 {
		layers := g.layers()
		set := compileLayers(t, layers)
		keys := g.keys()
		r := &policy.Request{Action: g.of(invoke, stream, "s3:GetObject", "bedrock:GetPrompt"), Context: new(policy.Context)}
		for k, v := range keys {
			r.Context.Set(k, v...)
		}
		resource := "*"
		if g.IntN(10) > 0 {
			resource = g.resource()
			r.Resources = []policy.Resource{{ARN: resource}}
		}
		want, layer := slowDecide(t, layers, r.Action, resource, keys)
		d := set.Decide(r)
		got := map[policy.Outcome]string{policy.Allowed: "allow", policy.ExplicitDeny: "deny", policy.ImplicitDeny: "none"}[d.Outcome]
		if got != want || got != "allow" && int(d.Layer) != layer {
			t.Fatalf("seed %d: %s by %v, want %s by %v\n%s on %s with %v\n%s", seed, got, d.Layer, want, policy.Layer(layer), r.Action, resource, keys, show(layers))
		}
		checkExplained(t, set, r, d)
		counts[want+string(rune('0'+layer))]++
	}
	for _, outcome := range []string{"allow0", "none0", "none1", "none2", "deny0", "deny1", "deny2"} {
		if counts[outcome] < 10 {
			t.Errorf("%s occurs %d times only, which tests little: %v", outcome, counts[outcome], counts)
		}
	}
}

func (g generator) layers() (layers [3][]string) {
	versions := []string{policy.Version2012, policy.Version2012, policy.Version2012, policy.Version2008}
	for range g.IntN(4) {
		layers[0] = append(layers[0], g.document(versions...))
	}
	if g.IntN(3) == 0 {
		layers[1] = []string{g.document(policy.Version2012)}
	}
	for range g.IntN(3) {
		layers[2] = append(layers[2], g.document(versions...))
	}
	return layers
}

func compileLayers(t *testing.T, layers [3][]string) *policy.Set {
	t.Helper()
	var p policy.Policies
	for _, d := range layers[0] {
		p.Identity = append(p.Identity, mustParse(t, policy.RoleInline, d))
	}
	for _, d := range layers[1] {
		p.Boundary = mustParse(t, policy.Managed, d)
	}
	for _, d := range layers[2] {
		p.Session = append(p.Session, mustParse(t, policy.Session, d))
	}
	return policy.Compile(p)
}

// checkExplained holds an explanation to the decision it explains.
func checkExplained(t *testing.T, set *policy.Set, r *policy.Request, d policy.Decision) {
	t.Helper()
	x := set.Explain(r)
	if x.Decision != d {
		t.Fatalf("explained as %+v, decided as %+v", x.Decision, d)
	}
	var allow, deny bool
	for _, s := range x.Resources[0].Statements {
		parts := s.Action.Matches && s.Resource.Matches
		for _, c := range s.Conditions {
			parts = parts && c.Matches
		}
		if parts != s.Applies {
			t.Fatalf("the parts of a statement do not make the whole: %+v", s)
		}
		allow = allow || s.Applies && s.Effect == policy.Allow
		deny = deny || s.Applies && s.Effect == policy.Deny
	}
	if deny != (d.Outcome == policy.ExplicitDeny) || d.Allowed() && !allow {
		t.Fatalf("%v, but allow %v and deny %v apply", d.Outcome, allow, deny)
	}
}

func show(layers [3][]string) string {
	var b strings.Builder
	for l, documents := range layers {
		for _, d := range documents {
			b.WriteString(policy.Layer(l).String() + ": " + d + "\n")
		}
	}
	return b.String()
}
