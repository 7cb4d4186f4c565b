package conversation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

func toolNamed(name string) bedrock.Tool {
	return bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{Name: &name}}
}

func adds(name string) bedrock.ContentBlock {
	return bedrock.ContentBlock{ToolAddition: &bedrock.ToolAdditionBlock{Tool: &bedrock.ToolReference{Name: &name}}}
}

func removes(name string) bedrock.ContentBlock {
	return bedrock.ContentBlock{ToolRemoval: &bedrock.ToolRemovalBlock{Tool: &bedrock.ToolReference{Name: &name}}}
}

// offering is a request with the tools a and b.
func offering(messages ...bedrock.Message) *bedrock.ConverseRequest {
	req := talk(messages...)
	req.ToolConfig = &bedrock.ToolConfiguration{Tools: []bedrock.Tool{toolNamed("a"), {CachePoint: point("")}, toolNamed("b")}}
	return req
}

func TestToolChanges(t *testing.T) {
	chosen := offering(user(hi), said("system", removes("a")))
	chosen.ToolConfig.ToolChoice = &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("a")}}
	ofServer := removes("a")
	ofServer.ToolRemoval.Tool.ServerName = new("s")
	for name, test := range map[string]struct {
		req  *bedrock.ConverseRequest
		want string
	}{
		"of the system":          {offering(user(hi), said("system", removes("a"), adds("a"), words("Go on."))), ""},
		"of the user":            {offering(user(hi, removes("a"))), byModel + "messages.0.content.1: toolAddition and toolRemoval are only supported in messages with the role system"},
		"of a tool that is not":  {offering(user(hi), said("system", adds("c"))), byModel + "messages.1.content.0: Tool 'c' not found in provided tools"},
		"of no tool":             {offering(user(hi), said("system", bedrock.ContentBlock{ToolAddition: &bedrock.ToolAdditionBlock{}})), byModel + "messages.1.content.0: Tool '' not found in provided tools"},
		"of a server's tool":     {offering(user(hi), said("system", ofServer)), noField("serverName")},
		"without tools":          {talk(user(hi), said("system", adds("a"))), "The toolConfig field must be defined when using toolAddition and toolRemoval content blocks."},
		"of the tool of choice":  {chosen, byModel + "Tool 'a' not found in provided tools"},
		"none, but instructions": {talk(user(hi), said("system", words("Be brief."), cachePoint)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, conversation.Rules{Model: able(), Provider: every}.Check(test.req), test.want)
		})
	}
}

// Claude's system prompt has a place of its own, and only its newer models have
// messages of the role system, in native bodies too. Other families' bodies have
// them anywhere.
func TestSystemRole(t *testing.T) {
	const none, lead = "role 'system' is not supported on this model", "messages.0: use the top-level 'system' parameter for the initial system prompt"
	first, later := talk(said("system", hi), user(hi)), talk(user(hi), assistant(hi), said("system", hi), user(hi))
	for name, test := range map[string]struct {
		apart, turns  bool
		first, later  string
		nativeIsTaken bool
	}{
		"an older Claude":  {apart: true, first: none, later: none},
		"a newer Claude":   {apart: true, turns: true, first: lead},
		"an older Mistral": {first: none, later: none, nativeIsTaken: true},
		"an open model":    {turns: true},
	} {
		t.Run(name, func(t *testing.T) {
			model := able()
			model.SystemTurns, model.Turns.SystemApart = test.turns, test.apart
			rules := conversation.Rules{Model: model, Provider: every}
			for _, one := range []struct {
				req  *bedrock.ConverseRequest
				want string
			}{{first, test.first}, {later, test.later}} {
				native, converse := one.want, ""
				if one.want != "" {
					converse = byModel + one.want
				}
				if test.nativeIsTaken {
					native = ""
				}
				refused(t, rules.CheckNative(one.req), native)
				refused(t, rules.Check(one.req), converse)
			}
		})
	}
}

// TestSettleTools offers the tools that are there in the end.
func TestSettleTools(t *testing.T) {
	plain := offering(user(hi))
	if conversation.SettleTools(plain) != plain {
		t.Error("a request without changes is another one")
	}
	req := offering(user(hi), said("system", removes("a"), words("x"), removes("b")), assistant(hi), said("system", adds("b")), user(hi))
	before := offering(req.Messages...)
	want := talk(user(hi), said("system", words("x")), assistant(hi), user(hi))
	want.ToolConfig = &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{CachePoint: point("")}, toolNamed("b")}}
	if d := cmp.Diff(want, conversation.SettleTools(req)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(before, req); d != "" {
		t.Errorf("the request was changed: %s", d)
	}
	if got := conversation.SettleTools(offering(user(hi), said("system", removes("a"), removes("b")))); got.ToolConfig != nil || len(got.Messages) != 1 {
		t.Errorf("got %+v", got)
	}
}
