package bedrock_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

const haiku = "anthropic.claude-3-haiku-20240307-v1:0"

func text(s string) []bedrock.ContentBlock { return []bedrock.ContentBlock{{Text: &s}} }

func tool(name string) bedrock.Tool {
	return bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{
		Name: &name, InputSchema: &bedrock.ToolInputSchema{Json: []byte(`{}`)},
	}}
}

// TestViolations has the texts of the service for single breaches and for
// several in one request.
func TestViolations(t *testing.T) {
	long := strings.Repeat("x", 65)
	for name, test := range map[string]struct {
		request interface{ Validate() error }
		want    string
	}{
		"nothing wrong": {&bedrock.ConverseRequest{
			ModelId:  haiku,
			Messages: []bedrock.Message{{Role: bedrock.ConversationRoleUser, Content: text("Hi")}},
		}, ""},
		"a name that is too long": {&bedrock.ConverseRequest{
			ModelId: haiku, ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{tool(long)}},
		}, "1 validation error detected: Value '" + long + "' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must have length less than or equal to 64"},
		"several, in the order of the model, in lists counted from one": {&bedrock.ConverseRequest{
			ModelId: haiku,
			Messages: []bedrock.Message{
				{Role: bedrock.ConversationRoleUser, Content: text("Hi")},
				{Content: []bedrock.ContentBlock{{Text: new("a")}, {}}},
				{Role: "robot", Content: text("Hi")},
			},
			InferenceConfig: &bedrock.InferenceConfiguration{Temperature: new(float32(1.5)), MaxTokens: new(int32(0))},
		}, "5 validation errors detected: " +
			"Value null at 'messages.2.member.role' failed to satisfy constraint: Member must not be null; " +
			"Value at 'messages.2.member.content.2.member' failed to satisfy constraint: Member must have exactly one member set; " +
			"Value 'robot' at 'messages.3.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant, system]; " +
			"Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
			"Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"},
		"two rules of one member": {&bedrock.ConverseRequest{
			ModelId: haiku, ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{tool("get weather" + long)}},
		}, "2 validation errors detected: " +
			"Value 'get weather" + long + "' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must have length less than or equal to 64; " +
			"Value 'get weather" + long + "' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"},
		"items of a list of texts": {&bedrock.ConverseRequest{
			ModelId: haiku, AdditionalModelResponseFieldPaths: []string{"/a", ""},
		}, "1 validation error detected: Value '[/a, ]' at 'additionalModelResponseFieldPaths' failed to satisfy constraint: " +
			"Member must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 1]"},
		"a required structure": {&bedrock.CountTokensRequest{ModelId: haiku},
			"1 validation error detected: Value null at 'input' failed to satisfy constraint: Member must not be null"},
		"a union with two members": {&bedrock.CountTokensRequest{ModelId: haiku, Input: &bedrock.CountTokensInput{
			Converse: &bedrock.ConverseTokensRequest{}, InvokeModel: &bedrock.InvokeModelTokensRequest{Body: []byte("{}")},
		}}, "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have exactly one member set"},
		"a list of structures": {&bedrock.TagResourceRequest{
			ResourceARN: new("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"),
			Tags:        slices.Repeat([]bedrock.Tag{{Key: new("a"), Value: new("b")}}, 201),
		}, "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 200"},
		"a query parameter": {&bedrock.ListInferenceProfilesRequest{MaxResults: new(int32(1001))},
			"1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.request.Validate()
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			invalid, ok := errors.AsType[*bedrock.ValidationException](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if d := cmp.Diff(test.want, invalid.Message); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSensitiveValuesStayOut looks for the body of a request that is too large in
// the text about it.
func TestSensitiveValuesStayOut(t *testing.T) {
	body := make([]byte, 25_000_001)
	copy(body, "secret")
	err := (&bedrock.InvokeModelRequest{ModelId: haiku, Body: body}).Validate()
	want := "ValidationException: 1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000"
	if err == nil || err.Error() != want {
		t.Errorf("got %.300v", err)
	}
}

// TestManyViolations counts what it no longer spells out.
func TestManyViolations(t *testing.T) {
	request := &bedrock.ConverseRequest{ModelId: haiku, Messages: make([]bedrock.Message, 5000)}
	err := request.Validate()
	if err == nil || !strings.Contains(err.Error(), "10000 validation errors detected: ") {
		t.Fatalf("got %.100v", err)
	}
	if n := strings.Count(err.Error(), "failed to satisfy"); n != 100 {
		t.Errorf("the text has %d of them", n)
	}
}

// TestModelIDs holds ids of every form to the pattern of the operation, whose
// alternatives are tried one by one.
func TestModelIDs(t *testing.T) {
	const arn = "arn:aws:bedrock:us-east-1:123456789012:"
	good := []string{
		haiku, "us." + haiku, "claude-sonnet-5", "zai.glm-4.7-flash", "a_b-c", "arn:aws:bedrock:us-east-1::foundation-model/" + haiku,
		arn + "inference-profile/us." + haiku, arn + "application-inference-profile/mi1dadi0g15f",
		arn + "provisioned-model/abcdefghijkl", arn + "imported-model/abcdefghijkl", arn + "custom-model-deployment/abcdefghijkl",
		arn + "custom-model/amazon.nova-lite/abcdefghijkl", arn + "default-prompt-router/anthropic.claude:1", arn + "prompt/ABCDEFGHIJ:12",
		"arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint",
	}
	bad := []string{"two words", "a/b", arn + "prompt/short", "x\n", "\nx", arn + "provisioned-model/ABCDEFGHIJKL", "ä"}
	for _, id := range good {
		if err := (&bedrock.ConverseRequest{ModelId: id}).Validate(); err != nil {
			t.Errorf("%q: %.100v", id, err)
		}
		if err := (&bedrock.InvokeModelRequest{ModelId: id, Body: []byte("{}")}).Validate(); err != nil {
			t.Errorf("%q: %.100v", id, err)
		}
	}
	for _, id := range bad {
		err := (&bedrock.ConverseRequest{ModelId: id}).Validate()
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("1 validation error detected: Value '%s' at 'modelId' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:", id)) {
			t.Errorf("%q: %.200v", id, err)
		}
	}
}
