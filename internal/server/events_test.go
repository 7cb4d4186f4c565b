package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/eventstream"
)

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// streams are the two operations that stream, with a request of each.
var streams = map[string]string{"/converse-stream": conversationBody, "/invoke-with-response-stream": claudeBody}

// Every event is padded by a beginning of the alphabet, of 2 to 61 letters that
// differ from event to event.
func TestPadding(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, `default: {reply: "`+strings.Repeat("word ", 200)+`"}`)))
	for path, body := range streams {
		lengths := map[int]bool{}
		for _, message := range readStream(t, post(t, newClient(t, http1), web.URL+claudePath+path, body).body) {
			var event struct{ P *string }
			if err := json.Unmarshal(message.Payload, &event); err != nil {
				t.Fatal(err)
			}
			if event.P == nil || len(*event.P) < 2 || len(*event.P) > 61 || !strings.HasPrefix(alphabet, *event.P) {
				t.Fatalf("%s: a payload without its padding: %s", path, message.Payload)
			}
			lengths[len(*event.P)] = true
		}
		// Of 60 lengths, 200 draws miss more than half about once in 10^20 tests.
		if len(lengths) < 30 {
			t.Errorf("%s: only %d lengths of padding", path, len(lengths))
		}
	}
}

// contentBlockStart stands before toolUse blocks alone, and the events come in
// the service's order.
func TestEventOrder(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, `default:
  reply:
    - {reasoning: Hm, signature: c2ln}
    - {chunks: [Let, " me"]}
    - {toolUse: {name: look, id: tooluse_1, input: "{}"}}
`)))
	body := strings.TrimSuffix(conversationBody, "}") + `,"toolConfig":{"tools":[{"toolSpec":{"name":"look","inputSchema":{"json":{"type":"object"}}}}]}}`
	overBoth(t, func(t *testing.T, client *http.Client) {
		var got []string
		model := "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
		for _, message := range readStream(t, post(t, client, web.URL+model+"/converse-stream", body).body) {
			got = append(got, message.EventType()+" "+string(unpadded(message.Payload)))
		}
		want := []string{
			`messageStart {"role":"assistant"}`,
			`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}`,
			`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}`,
			`contentBlockStop {"contentBlockIndex":0}`,
			`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"Let"}}`,
			`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":" me"}}`,
			`contentBlockStop {"contentBlockIndex":1}`,
			`contentBlockStart {"contentBlockIndex":2,"start":{"toolUse":{"name":"look","toolUseId":"tooluse_1","type":"tool_use"}}}`,
			`contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{"}}}`,
			`contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"}"}}}`,
			`contentBlockStop {"contentBlockIndex":2}`,
			`messageStop {"stopReason":"tool_use"}`,
		}
		if d := gocmp.Diff(want, got[:len(got)-1]); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if last := got[len(got)-1]; !strings.HasPrefix(last, `metadata {"metrics":{"latencyMs":`) {
			t.Errorf("the last event is %s", last)
		}
	})
}

// An error inside a stream is an exception frame, without padding, of a type that
// the stream has.
func TestExceptionFrames(t *testing.T) {
	for _, test := range []struct{ error, converse, invoke, payload string }{
		{`{type: ModelStreamErrorException, message: Gone., originalStatusCode: 500, after: 2}`,
			"modelStreamErrorException", "modelStreamErrorException", `{"message":"Gone.","originalStatusCode":500}`},
		{`{type: ModelStreamErrorException, message: Gone., originalMessage: Oh., originalStatusCode: 500, after: 2}`,
			"modelStreamErrorException", "modelStreamErrorException", `{"message":"Gone.","originalMessage":"Oh.","originalStatusCode":500}`},
		{`{type: ThrottlingException, message: Slow., after: 2}`, "throttlingException", "throttlingException", `{"message":"Slow."}`},
		{`{type: ValidationException, message: No., after: 2}`, "validationException", "validationException", `{"message":"No."}`},
		{`{type: ServiceUnavailableException, message: No., after: 2}`, "serviceUnavailableException", "serviceUnavailableException", `{"message":"No."}`},
		{`{type: InternalServerException, message: No., after: 2}`, "internalServerException", "internalServerException", `{"message":"No."}`},
		{`{type: ModelErrorException, message: Broken., originalStatusCode: 500, after: 2}`,
			"modelStreamErrorException", "modelStreamErrorException", `{"message":"Broken.","originalStatusCode":500}`},
		{`{type: ModelTimeoutException, message: Late., after: 2}`, "modelStreamErrorException", "modelTimeoutException", `{"message":"Late."}`},
		// A stream has no word for these.
		{`{type: AccessDeniedException, message: No., after: 2}`, "internalServerException", "internalServerException", fixedText},
	} {
		web := serve(t, newServer(t, scripted(t, fmt.Sprintf("default: {reply: One two three four, error: %s}", test.error))))
		for path, body := range streams {
			want := test.converse
			if path != "/converse-stream" {
				want = test.invoke
			}
			got := post(t, newClient(t, http1), web.URL+claudePath+path, body)
			messages := readStream(t, got.body)
			last := messages[len(messages)-1]
			headers := []eventstream.Header{{Name: ":exception-type", Value: want}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "exception"}}
			if d := gocmp.Diff(headers, last.Headers); d != "" || string(last.Payload) != test.payload || got.status != 200 {
				t.Errorf("%s, %s: status %d, %s, headers (-want +got)\n%s", path, test.error, got.status, last.Payload, d)
			}
			if len(messages) < 3 {
				t.Errorf("%s: the error came ahead of the tokens: %d messages", path, len(messages))
			}
		}
	}
}

// The metrics of the service are in the last chunk alone.
func TestInvocationMetrics(t *testing.T) {
	const member = `"amazon-bedrock-invocationMetrics":{"inputTokenCount":12,"outputTokenCount":7,"invocationLatency":`
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	for model, body := range map[string]string{
		claude:                               claudeBody,
		"amazon.nova-lite-v1:0":              conversationBody,
		"amazon.titan-text-express-v1":       `{"inputText":"Hi"}`,
		"meta.llama3-8b-instruct-v1:0":       `{"prompt":"Hi"}`,
		"mistral.mistral-7b-instruct-v0:2":   `{"prompt":"<s>[INST] Hi [/INST]"}`,
		"cohere.command-r-v1:0":              `{"message":"Hi"}`,
		"cohere.command-text-v14":            `{"prompt":"Hi","stream":true}`,
		"ai21.jamba-1-5-mini-v1:0":           `{"messages":[{"role":"user","content":"Hi"}]}`,
		"openai.gpt-oss-20b-1:0":             `{"messages":[{"role":"user","content":"Hi"}]}`,
		"qwen.qwen3-32b-v1:0":                `{"messages":[{"role":"user","content":"Hi"}]}`,
		"us.deepseek.r1-v1:0":                `{"prompt":"Hi"}`,
		"mistral.mistral-large-2407-v1:0":    `{"messages":[{"role":"user","content":"Hi"}]}`,
		"us.anthropic.claude-opus-4-8":       claudeBody,
		"us.amazon.nova-2-lite-v1:0":         conversationBody,
		"us.meta.llama3-3-70b-instruct-v1:0": `{"prompt":"Hi"}`,
	} {
		got := post(t, newClient(t, http1), web.URL+"/model/"+model+"/invoke-with-response-stream", body)
		if got.status != 200 {
			t.Errorf("%s: status %d: %s", model, got.status, got.body)
			continue
		}
		var with []int
		messages := readStream(t, got.body)
		for i, message := range messages {
			if strings.Contains(string(chunkOf(t, message.Payload)), member) {
				with = append(with, i)
			}
		}
		if !slices.Equal(with, []int{len(messages) - 1}) {
			t.Errorf("%s: chunks with metrics: %v of %d", model, with, len(messages))
		}
	}
}
