package sdkgo

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// weather is a tool that script.yaml calls.
func weather() *types.ToolConfiguration {
	return weatherOf(map[string]any{
		"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
	})
}

// weatherOf is the tool with another schema.
func weatherOf(schema map[string]any) *types.ToolConfiguration {
	return &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
		Name:        aws.String("get_weather"),
		Description: aws.String("Tells the weather of a city."),
		InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(schema)},
	}}}}
}

type weatherInput struct {
	City string `document:"city"`
	Days int    `document:"days"`
}

// choices are the ways in which a request leaves the choice of a tool.
func choices() map[string]types.ToolChoice {
	return map[string]types.ToolChoice{
		"auto": &types.ToolChoiceMemberAuto{},
		"any":  &types.ToolChoiceMemberAny{},
		"tool": &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String("get_weather")}},
	}
}

func testTools(t *testing.T, target Target) {
	for name, choice := range choices() {
		t.Run(name, func(t *testing.T) {
			in := ask(haiku, "What is the weather?")
			in.ToolConfig = weather()
			in.ToolConfig.ToolChoice = choice
			out := converse(t, target, in)
			equal(t, "stop reason", out.StopReason, types.StopReasonToolUse)
			blocks := content(t, out)
			if len(blocks) != 2 {
				t.Fatalf("%d blocks, not text and tool", len(blocks))
			}
			use := blocks[1].(*types.ContentBlockMemberToolUse).Value
			equal(t, "tool", *use.Name, "get_weather")
			equal(t, "id", *use.ToolUseId, "tooluse_weather")
			var input weatherInput
			if err := use.Input.UnmarshalSmithyDocument(&input); err != nil {
				t.Fatal(err)
			}
			equal(t, "input", input, weatherInput{City: "Paris", Days: 2})

			out = converse(t, target, after(in, out, result(use.ToolUseId, says("It is sunny."))))
			equal(t, "text after the result", text(t, out), "Take your sunglasses.")
			equal(t, "stop reason after the result", out.StopReason, types.StopReasonEndTurn)
		})
	}
}

// testTwoTools has one answer call twice; one result is JSON, the other an error.
func testTwoTools(t *testing.T, target Target) {
	in := ask(haiku, "Compare the weather of two cities.")
	in.ToolConfig = weather()
	out := converse(t, target, in)
	var ids []*string
	for i, block := range content(t, out) {
		use := block.(*types.ContentBlockMemberToolUse).Value
		var input weatherInput
		if err := use.Input.UnmarshalSmithyDocument(&input); err != nil {
			t.Fatal(err)
		}
		equal(t, "city", input.City, []string{"Paris", "Rome"}[i])
		ids = append(ids, use.ToolUseId)
	}
	if len(ids) != 2 {
		t.Fatalf("%d uses, not two", len(ids))
	}
	celsius := &types.ToolResultContentBlockMemberJson{Value: document.NewLazyDocument(map[string]any{"celsius": 21})}
	failed := result(ids[1], says("No such city."))
	failed.Value.Status = types.ToolResultStatusError
	out = converse(t, target, after(in, out, result(ids[0], celsius), failed))
	equal(t, "text", text(t, out), "One is warm, the other is unknown.")
}

func says(text string) types.ToolResultContentBlock {
	return &types.ToolResultContentBlockMemberText{Value: text}
}

func result(id *string, content ...types.ToolResultContentBlock) *types.ContentBlockMemberToolResult {
	return &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: id, Content: content}}
}

// after is the request that goes on with an answer and the results of its tools.
func after(in *bedrockruntime.ConverseInput, out *bedrockruntime.ConverseOutput, results ...*types.ContentBlockMemberToolResult) *bedrockruntime.ConverseInput {
	next := *in
	reply := types.Message{Role: types.ConversationRoleUser}
	for _, result := range results {
		reply.Content = append(reply.Content, result)
	}
	next.Messages = append(next.Messages, out.Output.(*types.ConverseOutputMemberMessage).Value, reply)
	return &next
}

// testToolMistakes answers a use of a tool as no request may.
func testToolMistakes(t *testing.T, target Target) {
	sunny := says("It is sunny.")
	failed := result(aws.String("tooluse_1"))
	failed.Value.Status, failed.Value.Content = types.ToolResultStatusError, []types.ToolResultContentBlock{}
	for name, test := range map[string]struct {
		last    []types.ContentBlock
		message string
	}{
		"no result": {say(types.ConversationRoleUser, "Well?").Content,
			"Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1"},
		"too many results": {[]types.ContentBlock{result(aws.String("tooluse_1"), sunny), result(aws.String("tooluse_2"), sunny)},
			"The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn."},
		"error without content": {[]types.ContentBlock{failed},
			"The content field at messages.2.content.0.toolResult cannot be empty when status value is error."},
	} {
		t.Run(name, func(t *testing.T) {
			in := ask(haiku, "What is the weather?")
			in.ToolConfig = weather()
			use := &types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{
				ToolUseId: aws.String("tooluse_1"), Name: aws.String("get_weather"), Input: document.NewLazyDocument(map[string]any{}),
			}}
			in.Messages = append(in.Messages,
				types.Message{Role: types.ConversationRoleAssistant, Content: []types.ContentBlock{use}},
				types.Message{Role: types.ConversationRoleUser, Content: test.last})
			_, err := target.runtime().Converse(t.Context(), in)
			checkError[*types.ValidationException](t, err, 400, test.message)
		})
	}
}

// outputOf holds the answer to a schema.
func outputOf(t *testing.T, schema map[string]any) *types.OutputConfig {
	t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	return &types.OutputConfig{TextFormat: &types.OutputFormat{
		Type: types.OutputFormatTypeJsonSchema,
		Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{
			Name: aws.String("place"), Schema: aws.String(string(text)),
		}},
	}}
}

func testStructuredOutput(t *testing.T, target Target) {
	in := ask(sonnet, "Describe Rome.")
	in.OutputConfig = outputOf(t, map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}})
	var place struct{ City string }
	if err := json.Unmarshal([]byte(text(t, converse(t, target, in))), &place); err != nil {
		t.Fatal(err)
	}
	equal(t, "city", place.City, "Rome")
}

func testCachePoints(t *testing.T, target Target) {
	point := types.CachePointBlock{Type: types.CachePointTypeDefault}
	in := ask(sonnet, "cached")
	in.System = []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be brief."}, &types.SystemContentBlockMemberCachePoint{Value: point}}
	in.ToolConfig = weather()
	in.ToolConfig.Tools = append(in.ToolConfig.Tools, &types.ToolMemberCachePoint{Value: point})
	in.Messages[0].Content = append(in.Messages[0].Content, &types.ContentBlockMemberCachePoint{Value: point})
	usage := converse(t, target, in).Usage
	equal(t, "read", aws.ToInt32(usage.CacheReadInputTokens), 2000)
	equal(t, "written", aws.ToInt32(usage.CacheWriteInputTokens), 200)
	equal(t, "total", aws.ToInt32(usage.TotalTokens), 3+5+2000+200)

	in = ask(haiku, "cached")
	in.Messages[0].Content = append(in.Messages[0].Content, &types.ContentBlockMemberCachePoint{Value: point})
	_, err := target.runtime().Converse(t.Context(), in)
	if e := checkError[*types.ValidationException](t, err, 400, ""); !strings.Contains(e.ErrorMessage(), "prompt caching") {
		t.Errorf("the error is %v", e)
	}
}
