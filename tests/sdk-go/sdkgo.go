// Package sdkgo is what the AWS SDK for Go v2 must find at a server: Script where
// tests/script.yaml answers, Engine where the default model does.
package sdkgo

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/google/go-cmp/cmp"
)

// The development key, which every server knows.
const (
	keyID  = "SAPROLITELOCALDEVKEY"
	secret = "local-development-only-secret-key-000000"
	region = "us-east-1"
)

// The models of most tests: one that is old and plain, and one that reasons and
// is reached by a profile.
const (
	haiku  = "anthropic.claude-3-haiku-20240307-v1:0"
	sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
	nova   = "amazon.nova-lite-v1:0"
)

// patience bounds what a test waits for.
const patience = 30 * time.Second

// Target is a server and the way to it.
type Target struct {
	Endpoint string
	// Client carries the requests.
	Client *http.Client
	// Families is the path of families.json.
	Families string
	// Ended waits until the server is done with a request.
	Ended func(ctx context.Context, requestID string) error
}

// Script runs every test that needs to know each word of the answers.
func Script(t *testing.T, target Target) {
	for name, test := range map[string]func(*testing.T, Target){
		"Converse":                   testConverse,
		"Reasoning":                  testReasoning,
		"Tools":                      testTools,
		"TwoTools":                   testTwoTools,
		"ToolMistakes":               testToolMistakes,
		"StructuredOutput":           testStructuredOutput,
		"CachePoints":                testCachePoints,
		"Turns":                      testTurns,
		"StopReasons":                testStopReasons,
		"RequestFields":              testRequestFields,
		"ResponseFields":             testResponseFields,
		"Echo":                       testEcho,
		"ModelIDs":                   testModelIDs,
		"Together":                   testTogether,
		"ConverseStream":             testConverseStream,
		"StreamReasoning":            testStreamReasoning,
		"StreamTools":                testStreamTools,
		"StreamStop":                 testStreamStop,
		"InvokeModel":                testInvokeModel,
		"InvokeModelStream":          testInvokeModelStream,
		"InvokeModelBadBody":         testBadBody,
		"CountTokens":                testCountTokens,
		"Errors":                     testErrors,
		"ErrorsBeforeStream":         testErrorsBeforeStream,
		"ErrorsInStream":             testErrorsInStream,
		"ErrorsInInvokeStream":       testErrorsInInvokeStream,
		"Refusals":                   testRefusals,
		"Retries":                    testRetries,
		"Identity":                   testIdentity,
		"FoundationModels":           testFoundationModels,
		"InferenceProfiles":          testInferenceProfiles,
		"CancelConverse":             testCancelConverse,
		"CancelConverseStream":       testCancelConverseStream,
		"CloseInvokeModelWithStream": testCloseInvokeStream,
	} {
		t.Run(name, func(t *testing.T) { test(t, target) })
	}
}

// runtime makes a client that tries once.
func (target Target) runtime(options ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint:     aws.String(target.Endpoint),
		Region:           region,
		HTTPClient:       target.Client,
		Credentials:      credentials.NewStaticCredentialsProvider(keyID, secret, ""),
		RetryMaxAttempts: 1,
	}, options...)
}

func (target Target) control() *bedrock.Client {
	return bedrock.New(bedrock.Options{
		BaseEndpoint:     aws.String(target.Endpoint),
		Region:           region,
		HTTPClient:       target.Client,
		Credentials:      credentials.NewStaticCredentialsProvider(keyID, secret, ""),
		RetryMaxAttempts: 1,
	})
}

// ask is a request with one user message.
func ask(model, text string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{ModelId: &model, Messages: []types.Message{say(types.ConversationRoleUser, text)}}
}

// askStream is ask for ConverseStream.
func askStream(model, text string) *bedrockruntime.ConverseStreamInput {
	return &bedrockruntime.ConverseStreamInput{ModelId: &model, Messages: []types.Message{say(types.ConversationRoleUser, text)}}
}

func say(role types.ConversationRole, text string) types.Message {
	return types.Message{Role: role, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}
}

// converse calls Converse, which must succeed.
func converse(t *testing.T, target Target, in *bedrockruntime.ConverseInput) *bedrockruntime.ConverseOutput {
	t.Helper()
	out, err := target.runtime().Converse(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// content gives the blocks of an answer.
func content(t *testing.T, out *bedrockruntime.ConverseOutput) []types.ContentBlock {
	t.Helper()
	message, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		t.Fatalf("the output is %T, not a message", out.Output)
	}
	equal(t, "role", message.Value.Role, types.ConversationRoleAssistant)
	return message.Value.Content
}

// text gives the text of an answer of one block.
func text(t *testing.T, out *bedrockruntime.ConverseOutput) string {
	t.Helper()
	blocks := content(t, out)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks, not one", len(blocks))
	}
	block, ok := blocks[0].(*types.ContentBlockMemberText)
	if !ok {
		t.Fatalf("the block is %T, not a text", blocks[0])
	}
	return block.Value
}

// equal compares what has no unexported fields.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
