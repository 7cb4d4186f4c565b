package sdkgo

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// family is a native body and where its answers hold what; paths are keys and
// indices between dots.
type family struct {
	Name    string          `json:"name"`
	Model   string          `json:"model"`
	Body    json.RawMessage `json:"body"`
	Text    string          `json:"text"`
	Stop    string          `json:"stop"`
	Stopped string          `json:"stopped"`
	// Delta is where a chunk of a stream holds its text.
	Delta string `json:"delta"`
}

func families(t *testing.T, target Target) []family {
	t.Helper()
	data, err := os.ReadFile(target.Families)
	if err != nil {
		t.Fatal(err)
	}
	var all []family
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// ask is the family's body with a prompt.
func (f *family) ask(prompt string) []byte {
	return []byte(strings.ReplaceAll(string(f.Body), "PROMPT", prompt))
}

// at follows a path through a JSON document; what is not there is "".
func at(t *testing.T, document []byte, path string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	for key := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return ""
			}
			value = v[i]
		default:
			return ""
		}
	}
	text, _ := value.(string)
	return text
}

func testInvokeModel(t *testing.T, target Target) {
	for _, f := range families(t, target) {
		t.Run(f.Name, func(t *testing.T) {
			out, err := target.runtime().InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: &f.Model, Body: f.ask("greet")})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "content type", *out.ContentType, "application/json")
			equal(t, "text", at(t, out.Body, f.Text), "Hi there, friend!")
			equal(t, "stop reason", at(t, out.Body, f.Stop), f.Stopped)
			header := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response).Header
			equal(t, "input tokens", header.Get("X-Amzn-Bedrock-Input-Token-Count"), "1")
			equal(t, "output tokens", header.Get("X-Amzn-Bedrock-Output-Token-Count"), "5")
			if _, err := strconv.Atoi(header.Get("X-Amzn-Bedrock-Invocation-Latency")); err != nil {
				t.Errorf("latency: %v", err)
			}
		})
	}
}

func testInvokeModelStream(t *testing.T, target Target) {
	for _, f := range families(t, target) {
		t.Run(f.Name, func(t *testing.T) {
			out, err := target.runtime().InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &f.Model, Body: f.ask("greet")})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "content type", *out.ContentType, "application/json")
			stream := out.GetStream()
			defer stream.Close()
			var text string
			var last []byte
			for event := range stream.Events() {
				last = event.(*types.ResponseStreamMemberChunk).Value.Bytes
				text += at(t, last, f.Delta)
			}
			if err := stream.Err(); err != nil {
				t.Fatal(err)
			}
			equal(t, "text", text, "Hi there, friend!")
			checkMetrics(t, last)
		})
	}
}

// checkMetrics looks at what the service adds to the last chunk.
func checkMetrics(t *testing.T, chunk []byte) {
	t.Helper()
	var metrics struct {
		M *struct{ InputTokenCount, OutputTokenCount, InvocationLatency, FirstByteLatency *int } `json:"amazon-bedrock-invocationMetrics"`
	}
	if err := json.Unmarshal(chunk, &metrics); err != nil {
		t.Fatal(err)
	}
	m := metrics.M
	if m == nil || m.InputTokenCount == nil || m.OutputTokenCount == nil || m.InvocationLatency == nil || m.FirstByteLatency == nil {
		t.Fatalf("no metrics in the last chunk: %s", chunk)
	}
	equal(t, "input tokens", *m.InputTokenCount, 1)
	equal(t, "output tokens", *m.OutputTokenCount, 5)
}

func testBadBody(t *testing.T, target Target) {
	for name, test := range map[string]struct{ model, body, message string }{
		"extraneous key": {nova, `{"messages":[{"role":"user","content":[{"text":"greet"}]}],"oops":1}`,
			"Malformed input request: #: extraneous key [oops] is not permitted, please reformat your input and try again."},
		"missing key": {"amazon.titan-text-express-v1", `{}`,
			"Malformed input request: #: required key [inputText] not found, please reformat your input and try again."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := target.runtime().InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: &test.model, Body: []byte(test.body)})
			checkError[*types.ValidationException](t, err, 400, test.message)
			_, err = target.runtime().InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &test.model, Body: []byte(test.body)})
			checkError[*types.ValidationException](t, err, 400, test.message)
		})
	}
}
