package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// choice is a toolChoice: auto, any tool, or the name of one.
type choice string

const (
	auto    choice = "auto"
	anyTool choice = "any"
)

func (c choice) sdk() types.ToolChoice {
	switch c {
	case auto:
		return &types.ToolChoiceMemberAuto{}
	case anyTool:
		return &types.ToolChoiceMemberAny{}
	}
	return &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String(string(c))}}
}

// asker asks with a set of tools.
type asker struct {
	client  *bedrockruntime.Client
	specs   []types.Tool
	schemas map[string]*jsonschema.Schema
}

func newAsker(client *bedrockruntime.Client, tools []tool) (*asker, error) {
	a := &asker{client: client, schemas: map[string]*jsonschema.Schema{}}
	for _, tool := range tools {
		spec, err := tool.spec()
		if err != nil {
			return nil, err
		}
		a.specs = append(a.specs, spec)
		if a.schemas[tool.name], err = compile(tool); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func compile(tool tool) (*jsonschema.Schema, error) {
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(tool.schema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(tool.name, schema); err != nil {
		return nil, err
	}
	return compiler.Compile(tool.name)
}

// call is what an answer called, if anything.
type call struct {
	tool  string
	valid bool
}

func (a *asker) ask(ctx context.Context, text string, choice choice) (call, error) {
	answer, err := a.client.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId:         aws.String("amazon.nova-lite-v1:0"),
		InferenceConfig: &types.InferenceConfiguration{Temperature: aws.Float32(0), MaxTokens: aws.Int32(200)},
		ToolConfig:      &types.ToolConfiguration{Tools: a.specs, ToolChoice: choice.sdk()},
		Messages: []types.Message{{
			Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}},
		}},
	})
	if err != nil {
		return call{}, fmt.Errorf("%q: %w", text, err)
	}
	message, ok := answer.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return call{}, fmt.Errorf("%q: no message", text)
	}
	for _, block := range message.Value.Content {
		use, ok := block.(*types.ContentBlockMemberToolUse)
		if !ok {
			continue
		}
		valid, err := a.satisfies(use.Value)
		return call{tool: *use.Value.Name, valid: valid}, err
	}
	return call{}, nil
}

// satisfies validates the arguments of a call.
func (a *asker) satisfies(use types.ToolUseBlock) (bool, error) {
	text, err := use.Input.MarshalSmithyDocument()
	if err != nil {
		return false, err
	}
	var input any
	if err := json.Unmarshal(text, &input); err != nil {
		return false, err
	}
	schema := a.schemas[*use.Name]
	return schema != nil && schema.Validate(input) == nil, nil
}

// tally counts answers.
type tally struct{ asked, called, valid, right int }

func (t *tally) add(ctx context.Context, a *asker, text string, choice choice, want string) error {
	got, err := a.ask(ctx, text, choice)
	if err != nil {
		return err
	}
	t.asked++
	if got.tool == want {
		t.right++
	}
	if got.tool != "" {
		t.called++
		if got.valid {
			t.valid++
		}
	}
	return nil
}

func (t *tally) print(choice, needs string) {
	fmt.Printf("%-11s %-15s %5d %7d %13d %11d\n", choice, needs, t.asked, t.called, t.valid, t.right)
}
