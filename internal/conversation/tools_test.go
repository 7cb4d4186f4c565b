package conversation_test

import (
	"errors"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

func uses(ids ...string) bedrock.Message {
	m := assistant()
	for _, id := range ids {
		m.Content = append(m.Content, bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: &id}})
	}
	return m
}

func results(ids ...string) bedrock.Message {
	m := user()
	for _, id := range ids {
		m.Content = append(m.Content, bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{ToolUseId: &id}})
	}
	return m
}

func TestTools(t *testing.T) {
	served := bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: new("s"), Type: bedrock.ToolUseTypeServerToolUse}}
	failed := results("a")
	failed.Content[0].ToolResult.Status = bedrock.ToolResultStatusError
	for _, test := range []struct {
		name     string
		messages []bedrock.Message
		choose   string
		want     string
	}{
		{"a loop", []bedrock.Message{user(hi), uses("a", "b"), results("b", "a"), assistant(hi), user(hi)}, "", ""},
		{"a chosen tool", []bedrock.Message{user(hi)}, "known", ""},
		{"an unknown tool is chosen", []bedrock.Message{user(hi)}, "other", "The model returned the following errors: Tool 'other' not found in provided tools"},
		{"a use of the service's own", []bedrock.Message{user(hi), assistant(served, hi), user(hi)}, "", ""},
		{"more results than uses", []bedrock.Message{user(hi), uses("a"), results("a", "b")}, "",
			"The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn."},
		{"a result of nothing", []bedrock.Message{results("a")}, "",
			"The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn."},
		{"missing results", []bedrock.Message{user(hi), uses("a", "b", "c"), results("b")}, "",
			"Expected toolResult blocks at messages.2.content for the following Ids: a, c"},
		{"no results at all", []bedrock.Message{user(hi), uses("a"), user(hi)}, "",
			"Expected toolResult blocks at messages.2.content for the following Ids: a"},
		{"an empty error", []bedrock.Message{user(hi), uses("a"), failed}, "",
			"The content field at messages.2.content.0.toolResult cannot be empty when status value is error."},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := talk(test.messages...)
			request.ToolConfig = &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{Name: new("known")}}}}
			if test.choose != "" {
				request.ToolConfig.ToolChoice = &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: &test.choose}}
			}
			if got := refusal(t, conversation.Rules{Model: able(), Provider: every}.Check(request)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// refusal is the text of a *bedrock.ValidationException, empty without an error.
func refusal(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*bedrock.ValidationException](err)
	if !ok {
		t.Fatalf("%v is no ValidationException", err)
	}
	return refused.Message
}

// TestToolRules holds tools to what a model, and its provider, have of them.
func TestToolRules(t *testing.T) {
	apart := able()
	apart.NoAnyChoice, apart.NoToolChoice, apart.ToolsApart, apart.Abilities.StructuredOutput = true, true, true, false
	choosing := func(choice bedrock.ToolChoice) *bedrock.ConverseRequest {
		req := offering(user(hi))
		req.ToolConfig.ToolChoice = &choice
		return req
	}
	one := bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("a")}}
	resulting := func(beside ...bedrock.ContentBlock) *bedrock.ConverseRequest {
		id := new("x")
		return offering(user(hi),
			assistant(hi, bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: id}}),
			user(append(beside, bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{ToolUseId: id}}, cachePoint)...))
	}
	search := offering(user(hi))
	search.ToolConfig.Tools = append(search.ToolConfig.Tools, bedrock.Tool{SystemTool: &bedrock.SystemTool{Name: new("nova_grounding")}})
	form := talk(user(hi))
	form.OutputConfig = &bedrock.OutputConfig{TextFormat: &bedrock.OutputFormat{}}
	withoutSearch := every
	withoutSearch.SystemTools = false
	const together = "messages.2.content: Conversation blocks and tool result blocks cannot be provided in the same turn."
	for name, test := range map[string]struct {
		rules conversation.Rules
		req   *bedrock.ConverseRequest
		want  string
	}{
		"any":                                 {conversation.Rules{Model: able(), Provider: every}, choosing(bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}}), ""},
		"any, for none":                       {conversation.Rules{Model: apart, Provider: every}, choosing(bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}}), noField("toolConfig.toolChoice.any")},
		"one":                                 {conversation.Rules{Model: able(), Provider: every}, choosing(one), ""},
		"one, for none":                       {conversation.Rules{Model: apart, Provider: every}, choosing(one), noField("toolConfig.toolChoice.tool")},
		"at will":                             {conversation.Rules{Model: apart, Provider: every}, choosing(bedrock.ToolChoice{Auto: &bedrock.AutoToolChoice{}}), ""},
		"text beside a result":                {conversation.Rules{Model: able(), Provider: every}, resulting(hi), ""},
		"text beside a result, to be apart":   {conversation.Rules{Model: apart, Provider: every}, resulting(hi), together},
		"a result by itself":                  {conversation.Rules{Model: apart, Provider: every}, resulting(), ""},
		"a tool of the service":               {conversation.Rules{Model: able(), Provider: every}, search, ""},
		"a tool of the service, of nobody's":  {conversation.Rules{Model: able(), Provider: withoutSearch}, search, noField("systemTool")},
		"a format of the output":              {conversation.Rules{Model: able(), Provider: every}, form, ""},
		"a format of the output, for nothing": {conversation.Rules{Model: apart, Provider: every}, form, noField("outputConfig")},
	} {
		t.Run(name, func(t *testing.T) { refused(t, test.rules.Check(test.req), test.want) })
	}
}
