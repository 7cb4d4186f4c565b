package script

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"go.yaml.in/yaml/v4"
)

// rule is one rule of a file.
type rule struct {
	// when is nil for a rule that answers everything.
	when  condition
	reply []block
	// stopReason is empty where the reply itself says it.
	stopReason   bedrock.StopReason
	stopSequence string
	// fields is the object additionalModelResponseFields, or nil.
	fields json.RawMessage
	usage  usage
	// first is the wait before the answer, delay the one before each token.
	first, delay time.Duration
	fault        *fault
	// times is how often the rule may answer, 0 for always.
	times int32
}

// usage is what the rule says of it; nil is counted.
type usage struct {
	input, output, cacheRead, cacheWrite *int32
}

// parse reads the rules of a file. The default comes last.
func parse(data []byte) ([]*rule, error) {
	node, err := root(data)
	if err != nil {
		return nil, err
	}
	var rules []*rule
	var otherwise *rule
	err = keys{
		"rules": func(node *yaml.Node) error {
			if node.Kind != yaml.SequenceNode {
				return mistake(node, "rules must be a list")
			}
			for _, n := range node.Content {
				r, err := readRule(resolve(n))
				if err != nil {
					return at(n, err)
				}
				rules = append(rules, r)
			}
			return nil
		},
		"default": func(node *yaml.Node) error {
			r, err := readRule(node)
			if err == nil && (r.when != nil || r.times != 0) {
				err = mistake(node, "the default answers all that is left: it has no when and no times")
			}
			otherwise = r
			return err
		},
	}.read(node, "the file")
	if otherwise != nil {
		rules = append(rules, otherwise)
	}
	return rules, err
}

// readRule reads a rule, or the default.
func readRule(node *yaml.Node) (*rule, error) {
	r := new(rule)
	hasReply := false
	err := keys{
		"when": func(node *yaml.Node) (err error) {
			r.when, err = readCondition(node)
			return err
		},
		"reply": func(node *yaml.Node) (err error) {
			hasReply = true
			r.reply, err = readReply(node)
			return err
		},
		"error": func(node *yaml.Node) (err error) {
			r.fault, err = readFault(node)
			return err
		},
		"stopReason":                    into(&r.stopReason, "one of "+stopReasons(), parseStopReason),
		"stopSequence":                  intoText(&r.stopSequence),
		"additionalModelResponseFields": intoObject(&r.fields),
		"usage":                         r.usage.read,
		"delay":                         r.readDelay,
		"times": func(node *yaml.Node) error {
			var times *int32
			err := intoCount(&times, 1)(node)
			r.times = value(times)
			return err
		},
	}.read(node, "a rule")
	if err != nil {
		return nil, err
	}
	return r, r.check(node, hasReply)
}

// check finds what does not fit together.
func (r *rule) check(node *yaml.Node, hasReply bool) error {
	whole := r.fault != nil && r.fault.after == nil
	switch {
	case hasReply && whole:
		return mistake(node, "the reply is never sent: say after how many tokens the error comes (error.after)")
	case !hasReply && !whole:
		return mistake(node, "a rule must have a reply or an error")
	case r.stopReason == bedrock.StopReasonStopSequence && r.stopSequence == "":
		return mistake(node, "the stopReason stop_sequence goes with a stopSequence")
	case r.stopSequence != "" && r.stopReason != "" && r.stopReason != bedrock.StopReasonStopSequence:
		return mistake(node, "a stopSequence goes with the stopReason stop_sequence alone")
	}
	return nil
}

func (u *usage) read(node *yaml.Node) error {
	return keys{
		"inputTokens":           intoCount(&u.input, 0),
		"outputTokens":          intoCount(&u.output, 0),
		"cacheReadInputTokens":  intoCount(&u.cacheRead, 0),
		"cacheWriteInputTokens": intoCount(&u.cacheWrite, 0),
	}.read(node, "usage")
}

// readDelay reads the wait before each token, or a mapping.
func (r *rule) readDelay(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return intoDuration(&r.delay)(node)
	}
	return keys{"first": intoDuration(&r.first), "token": intoDuration(&r.delay)}.read(node, "delay")
}

func parseStopReason(text string) (bedrock.StopReason, error) {
	reason := bedrock.StopReason(text)
	if !slices.Contains(reason.Values(), reason) {
		return "", fmt.Errorf("no stop reason")
	}
	return reason, nil
}

func stopReasons() string {
	var texts []string
	for _, reason := range bedrock.StopReason("").Values() {
		texts = append(texts, string(reason))
	}
	return strings.Join(texts, ", ")
}
