package script

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"go.yaml.in/yaml/v4"
)

// subject is what the conditions of a rule look at.
type subject struct {
	// models are the names of the model: the request's and the upstream's.
	models []string
	// text is the text of the last user message, toolResult that of its
	// results, system that of the system prompts.
	text, toolResult, system string
	// turn counts the user messages.
	turn  int
	tools []string
}

func newSubject(call provider.Call) subject {
	r := call.Request
	s := subject{models: []string{call.Model, r.ModelId}}
	for _, m := range r.Messages {
		if m.Role != bedrock.ConversationRoleUser {
			continue
		}
		s.turn++
		s.text, s.toolResult = userTexts(m)
	}
	var system []string
	for _, block := range r.System {
		if block.Text != nil {
			system = append(system, *block.Text)
		}
	}
	s.system = strings.Join(system, "\n")
	if r.ToolConfig != nil {
		for _, tool := range r.ToolConfig.Tools {
			if tool.ToolSpec != nil && tool.ToolSpec.Name != nil {
				s.tools = append(s.tools, *tool.ToolSpec.Name)
			}
		}
	}
	return s
}

func userTexts(m bedrock.Message) (text, toolResult string) {
	var texts, results []string
	for _, block := range m.Content {
		switch {
		case block.Text != nil:
			texts = append(texts, *block.Text)
		case block.GuardContent != nil && block.GuardContent.Text != nil && block.GuardContent.Text.Text != nil:
			texts = append(texts, *block.GuardContent.Text.Text)
		case block.ToolResult != nil:
			results = append(results, resultTexts(block.ToolResult)...)
		}
	}
	return strings.Join(texts, "\n"), strings.Join(results, "\n")
}

func resultTexts(result *bedrock.ToolResultBlock) []string {
	var texts []string
	for _, content := range result.Content {
		switch {
		case content.Text != nil:
			texts = append(texts, *content.Text)
		case content.Json != nil:
			texts = append(texts, string(content.Json))
		}
	}
	return texts
}

// condition is the when of a rule. All parts that are there must hold. It gives
// the names that the rule's texts may use.
type condition func(subject) (names map[string]string, ok bool)

// all is a condition of several.
func all(conditions []condition) condition {
	return func(s subject) (map[string]string, bool) {
		names := map[string]string{}
		for _, c := range conditions {
			more, ok := c(s)
			if !ok {
				return nil, false
			}
			for name, value := range more {
				names[name] = value
			}
		}
		return names, true
	}
}

func holds(test func(subject) bool) condition {
	return func(s subject) (map[string]string, bool) { return nil, test(s) }
}

func readCondition(node *yaml.Node) (condition, error) {
	var parts []condition
	text := func(of func(subject) string) func(*yaml.Node) error {
		return func(node *yaml.Node) error {
			matchers, err := readMatchers(node)
			for _, m := range matchers {
				parts = append(parts, func(s subject) (map[string]string, bool) { return m(of(s)) })
			}
			return err
		}
	}
	err := keys{
		"model":      func(node *yaml.Node) error { return readModels(node, &parts) },
		"text":       text(func(s subject) string { return s.text }),
		"system":     text(func(s subject) string { return s.system }),
		"toolResult": text(func(s subject) string { return s.toolResult }),
		"turn": func(node *yaml.Node) error {
			var turn *int32
			err := intoCount(&turn, 1)(node)
			parts = append(parts, holds(func(s subject) bool { return s.turn == int(*turn) }))
			return err
		},
		"tools": func(node *yaml.Node) error { return readTools(node, &parts) },
	}.read(node, "when")
	return all(parts), err
}

// readModels reads a pattern of model names, or a list of them.
func readModels(node *yaml.Node, parts *[]condition) error {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	var patterns []string
	for _, n := range nodes {
		pattern, err := scalar(resolve(n))
		if err != nil {
			return mistake(n, "a model must be a name, which may have * in it")
		}
		patterns = append(patterns, strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`))
	}
	match := regexp.MustCompile(`(?s)^(?:` + strings.Join(patterns, "|") + `)$`)
	*parts = append(*parts, holds(func(s subject) bool {
		for _, model := range s.models {
			if model != "" && match.MatchString(model) {
				return true
			}
		}
		return false
	}))
	return nil
}

// readTools reads whether there are tools, or the name of one.
func readTools(node *yaml.Node, parts *[]condition) error {
	name, err := scalar(node)
	if err != nil {
		return mistake(node, "tools must be true, false or the name of a tool")
	}
	if want, err := strconv.ParseBool(name); err == nil && node.ShortTag() == "!!bool" {
		*parts = append(*parts, holds(func(s subject) bool { return (len(s.tools) > 0) == want }))
		return nil
	}
	*parts = append(*parts, holds(func(s subject) bool {
		for _, tool := range s.tools {
			if tool == name {
				return true
			}
		}
		return false
	}))
	return nil
}

// matcher looks at a text. A regular expression gives its groups.
type matcher func(text string) (groups map[string]string, ok bool)

// readMatchers reads conditions on a text: the text itself, or a mapping.
func readMatchers(node *yaml.Node) ([]matcher, error) {
	var matchers []matcher
	add := func(make func(string) (matcher, error)) func(*yaml.Node) error {
		return func(node *yaml.Node) error {
			text, err := scalar(node)
			if err != nil {
				return err
			}
			m, err := make(text)
			matchers = append(matchers, m)
			return at(node, err)
		}
	}
	k := keys{"exact": add(exact), "contains": add(contains), "regexp": add(matches)}
	if node.Kind == yaml.ScalarNode {
		return matchers, k["exact"](node)
	}
	err := k.read(node, "a condition on a text")
	return matchers, err
}

func exact(want string) (matcher, error) {
	return func(text string) (map[string]string, bool) { return nil, text == want }, nil
}

func contains(want string) (matcher, error) {
	return func(text string) (map[string]string, bool) { return nil, strings.Contains(text, want) }, nil
}

func matches(pattern string) (matcher, error) {
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	names := expression.SubexpNames()
	return func(text string) (map[string]string, bool) {
		found := expression.FindStringSubmatch(text)
		groups := map[string]string{}
		for i, group := range found {
			groups[strconv.Itoa(i)] = group
			if names[i] != "" {
				groups[names[i]] = group
			}
		}
		return groups, found != nil
	}, nil
}
