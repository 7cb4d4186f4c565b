package sdkgo

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// placeSchema is what the default model is held to, and place what comes of it.
func placeSchema() map[string]any {
	return map[string]any{
		"type": "object",
		"properties": map[string]any{
			"city": map[string]any{"type": "string", "maxLength": 24},
			"unit": map[string]any{"type": "string", "enum": units()},
		},
		"required":             []string{"city", "unit"},
		"additionalProperties": false,
	}
}

func units() []string { return []string{"celsius", "fahrenheit"} }

type place struct {
	City *string `json:"city" document:"city"`
	Unit string  `json:"unit" document:"unit"`
}

func (p place) check(t *testing.T) {
	t.Helper()
	if p.City == nil || !slices.Contains(units(), p.Unit) {
		t.Errorf("%+v does not satisfy the schema", p)
	}
}

// askPlace is a request with the tool, and little room.
func askPlace(text string, choice types.ToolChoice) *bedrockruntime.ConverseInput {
	in := ask(haiku, text)
	in.ToolConfig = weatherOf(placeSchema())
	in.ToolConfig.ToolChoice = choice
	in.InferenceConfig = &types.InferenceConfiguration{Temperature: aws.Float32(0), MaxTokens: aws.Int32(96)}
	return in
}

// testModelLoops has the model call a tool, and tell of its result.
func testModelLoops(t *testing.T, target Target) {
	in := askPlace("What is the weather in Paris?", &types.ToolChoiceMemberAuto{})
	out := converse(t, target, in)
	equal(t, "stop reason", out.StopReason, types.StopReasonToolUse)
	blocks := content(t, out)
	use := blocks[len(blocks)-1].(*types.ContentBlockMemberToolUse).Value
	var input place
	if err := use.Input.UnmarshalSmithyDocument(&input); err != nil {
		t.Fatal(err)
	}
	input.check(t)
	if text(t, converse(t, target, after(in, out, result(use.ToolUseId, says("It is sunny."))))) == "" {
		t.Error("the model says nothing of the result")
	}
}

// testModelMustCall lets the model greet back, or not.
func testModelMustCall(t *testing.T, target Target) {
	in := askPlace("Hello!", &types.ToolChoiceMemberAny{})
	all := mustListen(t, target, &bedrockruntime.ConverseStreamInput{
		ModelId: in.ModelId, Messages: in.Messages, InferenceConfig: in.InferenceConfig, ToolConfig: in.ToolConfig,
	})
	equal(t, "stop reason", all.stop.StopReason, types.StopReasonToolUse)
	equal(t, "tool", *all.tool.Name, "get_weather")
	if all.deltas < 2 {
		t.Errorf("the input came in %d deltas", all.deltas)
	}
	var input place
	if err := json.Unmarshal([]byte(all.toolInput), &input); err != nil {
		t.Fatal(err)
	}
	input.check(t)
}

func testModelFillsASchema(t *testing.T, target Target) {
	in := askPlace("How warm is Paris?", nil)
	in.ModelId, in.ToolConfig, in.OutputConfig = aws.String(sonnet), nil, outputOf(t, placeSchema())
	var output place
	if err := json.Unmarshal([]byte(text(t, converse(t, target, in))), &output); err != nil {
		t.Fatal(err)
	}
	output.check(t)
}
