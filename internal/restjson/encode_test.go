package restjson_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/restjson"
)

func TestEncode(t *testing.T) {
	created := time.Date(2024, 8, 26, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		shape any
		want  string
	}{
		"keys by alphabet, no nulls, no escaped HTML": {&bedrock.ConverseResponse{
			Output: bedrock.ConverseOutput{Message: &bedrock.Message{
				Role:    bedrock.ConversationRoleAssistant,
				Content: []bedrock.ContentBlock{{Text: new("a < b & \"c\"\n é \u2028")}, {ToolUse: &bedrock.ToolUseBlock{Name: new("f"), ToolUseId: new("t"), Input: json.RawMessage(`{"z": 1.0, "a": null}`)}}},
			}},
			StopReason: bedrock.StopReasonToolUse,
			Usage:      bedrock.TokenUsage{InputTokens: 1, OutputTokens: 0, TotalTokens: 1, ServerToolUsage: &bedrock.ServerToolUsage{}},
		}, `{"metrics":{"latencyMs":0},"output":{"message":{"content":[{"text":"a < b & \"c\"\n é ` + "\u2028" + `"},` +
			`{"toolUse":{"input":{"z":1.0,"a":null},"name":"f","toolUseId":"t"}}],"role":"assistant"}},"stopReason":"tool_use",` +
			`"usage":{"inputTokens":1,"outputTokens":0,"serverToolUsage":{},"totalTokens":1}}`},
		"required lists that are empty": {&bedrock.ConverseResponse{
			Output: bedrock.ConverseOutput{Message: &bedrock.Message{Role: "assistant", Content: []bedrock.ContentBlock{}}}, StopReason: "end_turn",
		}, `{"metrics":{"latencyMs":0},"output":{"message":{"content":[],"role":"assistant"}},"stopReason":"end_turn","usage":{"inputTokens":0,"outputTokens":0,"totalTokens":0}}`},
		"the keys of maps": {&bedrock.ConverseRequest{RequestMetadata: map[string]string{"d": "4", "a": "1", "c": "3", "b": "2", "e": "5"}},
			`{"requestMetadata":{"a":"1","b":"2","c":"3","d":"4","e":"5"}}`},
		"a time": {&bedrock.ListInferenceProfilesResponse{InferenceProfileSummaries: []bedrock.InferenceProfileSummary{{
			CreatedAt: &created, InferenceProfileArn: "a", InferenceProfileId: "i", InferenceProfileName: "n", Models: []bedrock.InferenceProfileModel{}, Status: "ACTIVE", Type: "SYSTEM_DEFINED",
		}}}, `{"inferenceProfileSummaries":[{"createdAt":"2024-08-26T00:00:00Z","inferenceProfileArn":"a","inferenceProfileId":"i","inferenceProfileName":"n","models":[],"status":"ACTIVE","type":"SYSTEM_DEFINED"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if err := restjson.Encode(w, http.StatusOK, test.shape); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, w.Body.String()); d != "" {
				t.Error(d)
			}
			want := http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(test.want))}}
			if d := cmp.Diff(want, w.Header()); d != "" || w.Code != http.StatusOK {
				t.Error(w.Code, d)
			}
		})
	}
}

// TestEncodePayload sends a raw body as it is, with the members in headers under
// the names of the model.
func TestEncodePayload(t *testing.T) {
	w := httptest.NewRecorder()
	err := restjson.Encode(w, http.StatusOK, &bedrock.InvokeModelResponse{
		Body: []byte(`{ "b":1,"a":2 }`), ContentType: "application/json", ServiceTier: bedrock.ServiceTierTypePriority,
	})
	if err != nil || w.Body.String() != `{ "b":1,"a":2 }` {
		t.Errorf("%v, %s", err, w.Body)
	}
	want := http.Header{"Content-Type": {"application/json"}, "Content-Length": {"15"}, "X-Amzn-Bedrock-Service-Tier": {"priority"}}
	if d := cmp.Diff(want, w.Header()); d != "" {
		t.Error(d)
	}
}

func TestEncodeBlobs(t *testing.T) {
	var out bytes.Buffer
	p := "abc"
	if err := restjson.EncodeBody(&out, &bedrock.PayloadPart{Bytes: []byte{0, 0xff, 0xbf}, P: &p}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != `{"bytes":"AP+/","p":"abc"}` {
		t.Error(got)
	}
}

// TestEncodeRefuses leaves the answer unwritten when a document in it is no JSON.
func TestEncodeRefuses(t *testing.T) {
	w := httptest.NewRecorder()
	err := restjson.Encode(w, http.StatusOK, &bedrock.ConverseResponse{AdditionalModelResponseFields: json.RawMessage(`{"a":`)})
	if err == nil || w.Body.Len() > 0 || w.Result().Header.Get("Content-Length") != "" {
		t.Errorf("%v, %q", err, w.Body)
	}
}

// TestEncodeBytes has an error quote what is no UTF-8.
func TestEncodeBytes(t *testing.T) {
	var body bytes.Buffer
	err := restjson.EncodeBody(&body, &bedrock.ValidationException{Message: "Value '\xe9' is none"})
	if want := "{\"message\":\"Value '\ufffd' is none\"}"; err != nil || body.String() != want {
		t.Errorf("%s, %v", body.String(), err)
	}
}
