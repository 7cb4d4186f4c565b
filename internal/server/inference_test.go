package server_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

// listener is a provider that keeps what it was last asked.
type listener struct{ call provider.Call }

func (l *listener) Converse(_ context.Context, call provider.Call) provider.Events {
	l.call = call
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Text("Yes.")
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{})
	}
}

// with adds members to the body of a conversation.
func with(members string) string {
	return strings.TrimSuffix(conversationBody, "}") + "," + members + "}"
}

// What stands in additionalModelRequestFields counts as if it stood in the
// model's native body: it replaces what inferenceConfig says, and must keep the
// body's rules.
func TestAdditionalRequestFields(t *testing.T) {
	from := new(listener)
	web, client := serve(t, newServer(t, from)), newClient(t, http1)
	none := bedrock.InferenceConfiguration{}
	for name, test := range map[string]struct {
		model, members string
		want           bedrock.InferenceConfiguration
		rest, refusal  string
	}{
		"nothing":     {claude, `"inferenceConfig":{"maxTokens":5}`, bedrock.InferenceConfiguration{MaxTokens: new(int32(5))}, "", ""},
		"null":        {claude, `"additionalModelRequestFields":null`, none, "", ""},
		"a sampler":   {claude, `"additionalModelRequestFields":{"top_k":7}`, none, `{"top_k":7}`, ""},
		"replacement": {claude, `"inferenceConfig":{"maxTokens":5},"additionalModelRequestFields":{"max_tokens":9}`, bedrock.InferenceConfiguration{MaxTokens: new(int32(9))}, "", ""},
		"Nova's":      {"amazon.nova-lite-v1:0", `"additionalModelRequestFields":{"inferenceConfig":{"topK":7}}`, none, `{"top_k":7}`, ""},
		"no object":   {claude, `"additionalModelRequestFields":[7]`, none, "", "The format of the value at additionalModelRequestFields is invalid. Provide a json object for the field and try again."},
		"against the rules": {claude, `"additionalModelRequestFields":{"top_k":"seven"}`, none, "",
			"The model returned the following errors: Malformed input request: #/top_k: expected type: Integer, found: String, please reformat your input and try again."},
		"unknown": {claude, `"additionalModelRequestFields":{"topk":7}`, none, "",
			"The model returned the following errors: Malformed input request: #: extraneous key [topk] is not permitted, please reformat your input and try again."},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, client, web.URL+"/model/"+test.model+"/converse", with(test.members))
			if test.refusal != "" {
				if got.status != 400 || messageOf(t, got) != test.refusal {
					t.Errorf("%d %s", got.status, got.body)
				}
				return
			}
			if got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			request := from.call.Request
			var config bedrock.InferenceConfiguration
			if request.InferenceConfig != nil {
				config = *request.InferenceConfig
			}
			if d := gocmp.Diff(test.want, config); d != "" {
				t.Errorf("inferenceConfig (-want +got)\n%s", d)
			}
			if rest := strings.TrimSuffix(string(request.AdditionalModelRequestFields), "null"); rest != test.rest {
				t.Errorf("the rest is %s, want %s", rest, test.rest)
			}
		})
	}
}

// A provider is asked for increments in streams alone, under the name that it
// knows the model by.
func TestCall(t *testing.T) {
	from := new(listener)
	models := newCatalog(t, catalog.Mapping{ID: "anthropic.*", Provider: "test", Upstream: "local-*"})
	web, client := serve(t, server.New(options(models, from))), newClient(t, http1)
	for path, want := range map[string]bool{"/converse": false, "/invoke": false, "/converse-stream": true, "/invoke-with-response-stream": true} {
		body := conversationBody
		if strings.HasPrefix(path, "/invoke") {
			body = claudeBody
		}
		if got := post(t, client, web.URL+claudePath+path, body); got.status != 200 {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		if from.call.Incremental != want || from.call.Model != "local-"+strings.TrimPrefix(claude, "anthropic.") {
			t.Errorf("%s: incremental %t, model %s", path, from.call.Incremental, from.call.Model)
		}
	}
}

// The extra fields of an answer are picked by JSON pointers out of its native
// form; what is not there is left out.
func TestAdditionalResponseFields(t *testing.T) {
	web, client := serve(t, newServer(t, scripted(t, `default: {reply: One two, stopSequence: three}`))), newClient(t, http1)
	for paths, want := range map[string]string{
		`[]`:                                 ``,
		`["/stop_sequence"]`:                 `{"stop_sequence":"three"}`,
		`["/nothing","/stop_sequence/deep"]`: ``,
		`["/content/0/type","/usage/output_tokens","/model~1x"]`: `{"content":{"0":{"type":"text"}},"usage":{"output_tokens":2}}`,
	} {
		got := post(t, client, web.URL+claudePath+"/converse", with(`"additionalModelResponseFieldPaths":`+paths))
		var answer struct{ AdditionalModelResponseFields json.RawMessage }
		if err := json.Unmarshal(got.body, &answer); err != nil || string(answer.AdditionalModelResponseFields) != want {
			t.Errorf("%s gave %s, want %s; %v", paths, answer.AdditionalModelResponseFields, want, err)
		}
	}
	got := post(t, client, web.URL+claudePath+"/converse-stream", with(`"additionalModelResponseFieldPaths":["/delta/stop_sequence"]`))
	messages := readStream(t, got.body)
	const stop = `{"additionalModelResponseFields":{"delta":{"stop_sequence":"three"}},"stopReason":"stop_sequence"}`
	if got := string(unpadded(messages[len(messages)-2].Payload)); got != stop {
		t.Errorf("messageStop %s, want %s", got, stop)
	}
}

// A model that takes longer than a request may is the model's timeout.
func TestRequestTimeout(t *testing.T) {
	from := newStepped()
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from)
	o.RequestTimeout = time.Millisecond
	web := serve(t, server.New(o))
	got := post(t, newClient(t, http1), web.URL+claudePath+"/converse", conversationBody)
	wantError(t, got, 408, "ModelTimeoutException"+ofBedrock,
		`{"message":"Model has timed out in processing the request. Try your request again."}`)
	if err := <-from.left; err != context.DeadlineExceeded {
		t.Errorf("the provider's context ended with %v", err)
	}
}
