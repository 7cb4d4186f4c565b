package saprolitetest_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/saprolitetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const modelID = "anthropic.claude-3-haiku-20240307-v1:0"

func say(text string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{
		ModelId: aws.String(modelID),
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}},
		}},
	}
}

func textOf(t testing.TB, out *bedrockruntime.ConverseOutput) string {
	t.Helper()
	message, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		t.Fatalf("no message: %+v", out.Output)
	}
	var text strings.Builder
	for _, block := range message.Value.Content {
		if block, ok := block.(*types.ContentBlockMemberText); ok {
			text.WriteString(block.Value)
		}
	}
	return text.String()
}

// never makes a client that does not try again.
func never(o *bedrockruntime.Options) { o.Retryer = aws.NopRetryer{} }

// Servers of parallel tests do not know each other.
func TestParallel(t *testing.T) {
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			server := saprolitetest.Start(t, fmt.Sprintf("default: {reply: %d}", n))
			client := server.Client()
			out, err := client.Converse(t.Context(), say("Hi"))
			if err != nil {
				t.Fatal(err)
			}
			if got := textOf(t, out); got != fmt.Sprint(n) {
				t.Errorf("server %d says %q", n, got)
			}
		})
	}
}

// The SDK tries again after an error that passes, as it does with Amazon Bedrock.
func TestErrors(t *testing.T) {
	server := saprolitetest.Start(t, `
rules:
  - when: {text: once}
    error: ThrottlingException
    times: 1
  - when: {text: ever}
    error: {type: AccessDeniedException, message: Not you.}
default: {reply: Hi there!}
`)
	out, err := server.Client().Converse(t.Context(), say("once"))
	if err != nil {
		t.Fatal(err)
	}
	if got := textOf(t, out); got != "Hi there!" {
		t.Errorf("after a ThrottlingException: %q", got)
	}
	_, err = server.Client().Converse(t.Context(), say("ever"))
	if denied, ok := errors.AsType[*types.AccessDeniedException](err); !ok || denied.ErrorMessage() != "Not you." {
		t.Errorf("%v", err)
	}
}

func TestConfig(t *testing.T) {
	server := saprolitetest.Start(t, "default: {reply: Hi}")
	models, err := bedrock.NewFromConfig(server.Config()).ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{})
	if err != nil || len(models.ModelSummaries) == 0 {
		t.Errorf("%+v, %v", models, err)
	}
}

// Signatures are verified.
func TestWrongSecret(t *testing.T) {
	server := saprolitetest.Start(t, "default: {reply: Hi}")
	client := server.Client(never, func(o *bedrockruntime.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider(saprolitetest.AccessKeyID, "another secret", "")
	})
	_, err := client.Converse(t.Context(), say("Hi"))
	if failure, ok := errors.AsType[smithy.APIError](err); !ok || failure.ErrorCode() != "InvalidSignatureException" {
		t.Errorf("%v", err)
	}
}

// A test that ends while an answer is awaited does not wait for it.
func TestEndsAnswers(t *testing.T) {
	failed := make(chan error, 1)
	t.Run("test", func(t *testing.T) {
		server := saprolitetest.Start(t, "default: {reply: one two, delay: {token: 1h}}")
		client := server.Client(never)
		answer, err := client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{
			ModelId: aws.String(modelID), Messages: say("Hi").Messages,
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			stream := answer.GetStream()
			defer stream.Close()
			for range stream.Events() {
			}
			failed <- stream.Err()
		}()
	})
	if err := <-failed; err == nil {
		t.Error("the answer ended well")
	}
}

func TestSetenv(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", "somebody's")
	server := saprolitetest.Start(t, "default: {reply: Hi}")
	server.Setenv(t)
	if got := os.Getenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"); got != server.URL {
		t.Errorf("the endpoint is %q", got)
	}
	if got := os.Getenv("AWS_SESSION_TOKEN"); got != "" {
		t.Errorf("the token is %q", got)
	}
	resp, err := http.Get(os.Getenv("AWS_ENDPOINT_URL_BEDROCK"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}

// A mistake in the rules fails the test, and tells its line.
func TestMistake(t *testing.T) {
	const mistaken = "rules:\n  - reply: Hi\n    tiems: 2\n"
	file := filepath.Join(t.TempDir(), "mistaken.yaml")
	if err := os.WriteFile(file, []byte(mistaken), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		start func(testing.TB)
		want  string
	}{
		{func(t testing.TB) { saprolitetest.Start(t, mistaken) }, "rules:3: a rule has no \"tiems\""},
		{func(t testing.TB) { saprolitetest.StartFile(t, file) }, file + ":3: a rule has no \"tiems\""},
		{func(t testing.TB) { saprolitetest.StartFile(t, file+".missing") }, file + ".missing: no such file"},
	} {
		if got := inTest(test.start); !strings.Contains(got, test.want) {
			t.Errorf("%q does not say %q", got, test.want)
		}
	}
}

func TestStartFile(t *testing.T) {
	server := saprolitetest.StartFile(t, "testdata/weather.yaml")
	out, err := server.Client().Converse(t.Context(), say("Good morning"))
	if err != nil {
		t.Fatal(err)
	}
	if got := textOf(t, out); got != "You said: Good morning" {
		t.Errorf("%q", got)
	}
}
