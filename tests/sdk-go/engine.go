package sdkgo

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// question has an answer that the default model knows.
const question = "What is the capital of France?"

// Engine runs the tests that need a model, not certain words. The default models
// answer.
func Engine(t *testing.T, target Target) {
	for name, test := range map[string]func(*testing.T, Target){
		"Converse":     testAnswer,
		"Stream":       testStreamedAnswer,
		"InvokeModel":  testNativeAnswer,
		"CountTokens":  testExactCount,
		"StopSequence": testModelStops,
		"MaxTokens":    testModelIsCut,
		"Embed":        testEmbed,
		"EmbedTypes":   testEmbedTypes,
		"EmbedCounts":  testEmbedCounts,
		"EmbedRefused": testEmbedRefusals,
		"Rerank":       testRerank,
		"ToolLoop":     testModelLoops,
		"ToolAny":      testModelMustCall,
		"Schema":       testModelFillsASchema,
	} {
		t.Run(name, func(t *testing.T) { test(t, target) })
	}
}

// askModel asks the question and leaves the model no choice.
func askModel() *bedrockruntime.ConverseInput {
	in := ask(haiku, question)
	in.InferenceConfig = &types.InferenceConfiguration{Temperature: aws.Float32(0), MaxTokens: aws.Int32(64)}
	return in
}

func testAnswer(t *testing.T, target Target) {
	out := converse(t, target, askModel())
	if answer := text(t, out); !strings.Contains(answer, "Paris") {
		t.Errorf("the answer is %q", answer)
	}
	equal(t, "stop reason", out.StopReason, types.StopReasonEndTurn)
	equal(t, "total", *out.Usage.TotalTokens, *out.Usage.InputTokens+*out.Usage.OutputTokens)
}

func testStreamedAnswer(t *testing.T, target Target) {
	in := askModel()
	all := mustListen(t, target, &bedrockruntime.ConverseStreamInput{ModelId: in.ModelId, Messages: in.Messages, InferenceConfig: in.InferenceConfig})
	if !strings.Contains(all.text, "Paris") {
		t.Errorf("the answer is %q", all.text)
	}
	if all.deltas < 2 {
		t.Errorf("the answer came in %d deltas", all.deltas)
	}
	equal(t, "stop reason", all.stop.StopReason, types.StopReasonEndTurn)
	equal(t, "input", *all.metadata.Usage.InputTokens, *converse(t, target, in).Usage.InputTokens)
}

// testNativeAnswer looks at the answer and the count of every family.
func testNativeAnswer(t *testing.T, target Target) {
	for _, f := range families(t, target) {
		t.Run(f.Name, func(t *testing.T) {
			body := countsInvokeModel(t, target, &f, question)
			if answer := at(t, body, f.Text); !strings.Contains(answer, "Paris") {
				t.Errorf("the answer is %q", answer)
			}
			equal(t, "stop reason", at(t, body, f.Stop), f.Stopped)
		})
	}
}

func testExactCount(t *testing.T, target Target) {
	in := askModel()
	countsConverse(t, target, in)
	in.System = []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Answer in one word. Ünïcödé counts too: 数える"}}
	in.Messages = append(in.Messages, say(types.ConversationRoleAssistant, "Paris."), say(types.ConversationRoleUser, "And of Italy?"))
	countsConverse(t, target, in)
}

func testModelStops(t *testing.T, target Target) {
	in := askModel()
	in.InferenceConfig.StopSequences = []string{"France"}
	out := converse(t, target, in)
	equal(t, "text", text(t, out), "The capital of ")
	equal(t, "stop reason", out.StopReason, types.StopReasonStopSequence)
}

func testModelIsCut(t *testing.T, target Target) {
	in := askModel()
	in.InferenceConfig.MaxTokens = aws.Int32(3)
	out := converse(t, target, in)
	equal(t, "stop reason", out.StopReason, types.StopReasonMaxTokens)
	equal(t, "output", *out.Usage.OutputTokens, 3)
}
