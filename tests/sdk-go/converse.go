package sdkgo

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func testConverse(t *testing.T, target Target) {
	out := converse(t, target, ask(haiku, "greet"))
	equal(t, "text", text(t, out), "Hi there, friend!")
	equal(t, "stop reason", out.StopReason, types.StopReasonEndTurn)
	equal(t, "input", *out.Usage.InputTokens, 1)
	equal(t, "output", *out.Usage.OutputTokens, 5)
	equal(t, "total", *out.Usage.TotalTokens, 6)
	if out.Metrics == nil || out.Metrics.LatencyMs == nil {
		t.Error("no latency")
	}
	if id, ok := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata); !ok || len(id) != 36 {
		t.Errorf("the request id is %q", id)
	}

	out = converse(t, target, ask(haiku, "usage"))
	equal(t, "stated input", *out.Usage.InputTokens, 12)
	equal(t, "stated output", *out.Usage.OutputTokens, 34)
	equal(t, "stated total", *out.Usage.TotalTokens, 46)
}

func testReasoning(t *testing.T, target Target) {
	blocks := content(t, converse(t, target, ask(sonnet, "think")))
	if len(blocks) != 2 {
		t.Fatalf("%d blocks, not reasoning and text", len(blocks))
	}
	reasoning := blocks[0].(*types.ContentBlockMemberReasoningContent).Value.(*types.ReasoningContentBlockMemberReasoningText).Value
	equal(t, "reasoning", *reasoning.Text, "Let me see.")
	equal(t, "signature", *reasoning.Signature, "c2lnbmF0dXJl")
	equal(t, "text", blocks[1].(*types.ContentBlockMemberText).Value, "I see.")

	// The answer goes back as it came, and the conversation goes on.
	in := ask(sonnet, "think")
	in.Messages = append(in.Messages, types.Message{Role: types.ConversationRoleAssistant, Content: blocks}, say(types.ConversationRoleUser, "greet"))
	equal(t, "next text", text(t, converse(t, target, in)), "Hi there, friend!")
}

func testTurns(t *testing.T, target Target) {
	in := ask(haiku, "greet")
	in.System = []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be kind."}}
	in.Messages = append(in.Messages, say(types.ConversationRoleAssistant, "Hi!"), say(types.ConversationRoleUser, "remember"))
	equal(t, "text", text(t, converse(t, target, in)), "That was our turn 2; the system said Be kind.")
}

func testStopReasons(t *testing.T, target Target) {
	for name, test := range map[string]struct {
		config     types.InferenceConfiguration
		text       string
		stopReason types.StopReason
	}{
		"end_turn":      {types.InferenceConfiguration{MaxTokens: aws.Int32(5)}, "Hi there, friend!", types.StopReasonEndTurn},
		"max_tokens":    {types.InferenceConfiguration{MaxTokens: aws.Int32(2)}, "Hi there", types.StopReasonMaxTokens},
		"stop_sequence": {types.InferenceConfiguration{StopSequences: []string{"never", " there"}}, "Hi", types.StopReasonStopSequence},
	} {
		t.Run(name, func(t *testing.T) {
			in := ask(haiku, "greet")
			in.InferenceConfig = &test.config
			out := converse(t, target, in)
			equal(t, "text", text(t, out), test.text)
			equal(t, "stop reason", out.StopReason, test.stopReason)
		})
	}
}

func testRequestFields(t *testing.T, target Target) {
	for name, test := range map[string]struct {
		model  string
		fields map[string]any
	}{
		"Anthropic": {haiku, map[string]any{"max_tokens": 2, "top_k": 10}},
		"Nova":      {nova, map[string]any{"inferenceConfig": map[string]any{"maxTokens": 2, "topK": 10}}},
	} {
		t.Run(name, func(t *testing.T) {
			in := ask(test.model, "greet")
			in.AdditionalModelRequestFields = document.NewLazyDocument(test.fields)
			out := converse(t, target, in)
			equal(t, "text", text(t, out), "Hi there")
			equal(t, "stop reason", out.StopReason, types.StopReasonMaxTokens)
		})
	}
}

func testResponseFields(t *testing.T, target Target) {
	in := ask(haiku, "greet")
	in.InferenceConfig = &types.InferenceConfiguration{StopSequences: []string{" there"}}
	in.AdditionalModelResponseFieldPaths = []string{"/stop_sequence", "/absent"}
	out := converse(t, target, in)
	if out.AdditionalModelResponseFields == nil {
		t.Fatal("no additional fields")
	}
	var fields map[string]string
	if err := out.AdditionalModelResponseFields.UnmarshalSmithyDocument(&fields); err != nil {
		t.Fatal(err)
	}
	equal(t, "fields", fields, map[string]string{"stop_sequence": " there"})
}

// testEcho looks at what an answer repeats of its request, and only then.
func testEcho(t *testing.T, target Target) {
	in := ask(nova, "greet")
	in.PerformanceConfig = &types.PerformanceConfiguration{Latency: types.PerformanceConfigLatencyStandard}
	in.ServiceTier = &types.ServiceTier{Type: types.ServiceTierTypeDefault}
	in.RequestMetadata = map[string]string{"team": "blue"}
	out := converse(t, target, in)
	equal(t, "latency", out.PerformanceConfig.Latency, types.PerformanceConfigLatencyStandard)
	equal(t, "tier", out.ServiceTier.Type, types.ServiceTierTypeDefault)

	out = converse(t, target, ask(nova, "greet"))
	if out.PerformanceConfig != nil || out.ServiceTier != nil {
		t.Error("the answer repeats what was not asked")
	}
}

// testModelIDs asks by every form of a model's id which model answers.
func testModelIDs(t *testing.T, target Target) {
	for id, model := range map[string]string{
		haiku:                          haiku,
		"us." + haiku:                  haiku,
		sonnet:                         bareID(sonnet),
		"amazon.titan-text-express-v1": "amazon.titan-text-express-v1",
		"arn:aws:bedrock:us-east-1::foundation-model/" + haiku:                              haiku,
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/" + sonnet:                bareID(sonnet),
		"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0": nova,
	} {
		t.Run(id, func(t *testing.T) {
			equal(t, "text", text(t, converse(t, target, ask(id, "who"))), model)
		})
	}
}

// testTogether makes many calls at the same time, over one connection where that
// is the way.
func testTogether(t *testing.T, target Target) {
	client := target.runtime()
	const calls = 16
	type answer struct {
		question string
		out      *bedrockruntime.ConverseOutput
		err      error
	}
	answers := make(chan answer, calls)
	for i := range calls {
		question := fmt.Sprint("question ", i)
		go func() {
			out, err := client.Converse(t.Context(), ask(haiku, question))
			answers <- answer{question, out, err}
		}()
	}
	for range calls {
		a := <-answers
		if a.err != nil {
			t.Error(a.err)
			continue
		}
		equal(t, "text", text(t, a.out), "You said: "+a.question)
	}
}
