package restjson_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/restjson"
)

const haiku = "anthropic.claude-3-haiku-20240307-v1:0"

// post is a request to a model, with the path label that the router finds.
func post() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/model/x/converse", nil)
	r.SetPathValue("modelId", haiku)
	return r
}

func TestDecodeBody(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want bedrock.ConverseRequest
	}{
		"empty":           {``, bedrock.ConverseRequest{}},
		"an empty object": {`{}`, bedrock.ConverseRequest{}},
		"null":            {`null`, bedrock.ConverseRequest{}},
		"members that are null or unknown": {`{"messages":null,"inferenceConfig":null,"unknown":{"deep":[1]}}`,
			bedrock.ConverseRequest{}},
		"names by case": {`{"System":[{"text":"a"}],"system":[]}`, bedrock.ConverseRequest{System: []bedrock.SystemContentBlock{}}},
		"the last of equal names": {`{"inferenceConfig":{"maxTokens":1,"maxTokens":2}}`,
			bedrock.ConverseRequest{InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(2))}}},
		"absent and zero differ": {`{"inferenceConfig":{"temperature":0}}`,
			bedrock.ConverseRequest{InferenceConfig: &bedrock.InferenceConfiguration{Temperature: new(float32(0))}}},
		"a blob": {`{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"AP+/"}}}]}]}`,
			bedrock.ConverseRequest{Messages: []bedrock.Message{{Role: "user", Content: []bedrock.ContentBlock{{
				Image: &bedrock.ImageBlock{Format: "png", Source: &bedrock.ImageSource{Bytes: []byte{0, 0xff, 0xbf}}},
			}}}}}},
		"a document as it stands": {`{"additionalModelRequestFields": {"top_k": 1.50, "a": [null]} }`,
			bedrock.ConverseRequest{AdditionalModelRequestFields: json.RawMessage(`{"top_k": 1.50, "a": [null]}`)}},
		"an unknown union member": {`{"messages":[{"role":"user","content":[{"hologram":{}}]}]}`,
			bedrock.ConverseRequest{Messages: []bedrock.Message{{Role: "user", Content: []bedrock.ContentBlock{{}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got bedrock.ConverseRequest
			if err := restjson.Decode(post(), []byte(test.body), &got); err != nil {
				t.Fatal(err)
			}
			test.want.ModelId = haiku
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDecodeHeadersAndPayload(t *testing.T) {
	r := post()
	r.Header.Set("X-Amzn-Bedrock-Trace", "ENABLED")
	r.Header.Set("accept", "*/*")
	r.Header.Set("X-Amzn-Bedrock-GuardrailVersion", "")
	body := []byte("not JSON at all")
	var got bedrock.InvokeModelRequest
	if err := restjson.Decode(r, body, &got); err != nil {
		t.Fatal(err)
	}
	want := bedrock.InvokeModelRequest{ModelId: haiku, Trace: bedrock.TraceEnabled, Accept: new("*/*"), Body: body}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDecodeQuery(t *testing.T) {
	const query = "?maxResults=12&nextToken=a%2Fb%26c&sortBy=SubmissionTime&submitTimeAfter=2026-01-02T03%3A04%3A05.5%2B01%3A00&statusEquals="
	r := httptest.NewRequest(http.MethodGet, "/async-invoke"+query, nil)
	var got bedrock.ListAsyncInvokesRequest
	// A GET has no body, whatever is in it.
	if err := restjson.Decode(r, []byte("{"), &got); err != nil {
		t.Fatal(err)
	}
	after := time.Date(2026, 1, 2, 2, 4, 5, 5e8, time.UTC)
	if got.SubmitTimeAfter == nil || !got.SubmitTimeAfter.Equal(after) {
		t.Errorf("submitTimeAfter is %v", got.SubmitTimeAfter)
	}
	got.SubmitTimeAfter = nil
	want := bedrock.ListAsyncInvokesRequest{MaxResults: new(int32(12)), NextToken: new("a/b&c"), SortBy: bedrock.SortAsyncInvocationBySubmissionTime}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestSerializationExceptions has what users of AWS services quote for bodies of
// the wrong form.
func TestSerializationExceptions(t *testing.T) {
	const unreadable = "Unable to parse the request body. Check that it is valid JSON and try again."
	for body, want := range map[string]string{
		`{`:            unreadable,
		`{}x`:          unreadable,
		"{\"\xff\":1}": unreadable,
		strings.Repeat(`{"messages":[`, 6000) + strings.Repeat(`]}`, 6000):                                   unreadable,
		`{"additionalModelRequestFields":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`: unreadable,
		`[]`:                                           "Start of list found where not expected",
		`"text"`:                                       "Expected null",
		`{"messages":{}}`:                              "Start of structure or map found where not expected.",
		`{"messages":"Hi"}`:                            "Expected list or null",
		`{"messages":["Hi"]}`:                          "Expected null",
		`{"messages":[[]]}`:                            "Start of list found where not expected",
		`{"messages":[{"role":1}]}`:                    "NUMBER_VALUE can not be converted to a String",
		`{"system":[{"text":true}]}`:                   "TRUE_VALUE can not be converted to a String",
		`{"system":[{"text":{}}]}`:                     "Start of structure or map found where not expected.",
		`{"inferenceConfig":{"maxTokens":"1"}}`:        "STRING_VALUE can not be converted to an Integer",
		`{"inferenceConfig":{"maxTokens":false}}`:      "FALSE_VALUE can not be converted to an Integer",
		`{"inferenceConfig":{"maxTokens":4294967296}}`: "NUMBER_VALUE can not be converted to an Integer",
		`{"inferenceConfig":{"topP":"1"}}`:             "STRING_VALUE can not be converted to a Float",
		`{"inferenceConfig":{"stopSequences":[1]}}`:    "NUMBER_VALUE can not be converted to a String",
		`{"requestMetadata":"x"}`:                      "Expected map or null",
		`{"requestMetadata":[]}`:                       "Start of list found where not expected",
		`{"toolConfig":{"tools":[{"toolSpec":{"strict":"no"}}]}}`:           "STRING_VALUE can not be converted to a Boolean",
		`{"messages":[{"content":[{"image":{"source":{"bytes":7}}}]}]}`:     "NUMBER_VALUE can not be converted to a Blob",
		`{"messages":[{"content":[{"image":{"source":{"bytes":"%%%"}}}]}]}`: "STRING_VALUE can not be converted to a Blob",
		`{"messages":[` + strings.Repeat(`{},`, 1<<20) + `{}]}`:             unreadable,
		`{"messages":[` + strings.Repeat(`null,`, 1<<20) + `{}]}`:           unreadable,
	} {
		name := body[:min(len(body), 60)]
		t.Run(name, func(t *testing.T) {
			err := restjson.Decode(post(), []byte(body), new(bedrock.ConverseRequest))
			common, ok := errors.AsType[*bedrock.CommonError](err)
			if !ok || common.Code != "SerializationException" || common.Status != http.StatusBadRequest {
				t.Fatalf("got %v", err)
			}
			if common.Message != want {
				t.Errorf("got  %s\nwant %s (because: %v)", common.Message, want, err)
			}
		})
	}
}

func TestTextsThatAreNoForm(t *testing.T) {
	for _, query := range []string{"maxResults=x", "maxResults=9999999999", "submitTimeBefore=yesterday", "nextToken=a;b", "nextToken=%zz"} {
		r := httptest.NewRequest(http.MethodGet, "/async-invoke?"+query, nil)
		err := restjson.Decode(r, nil, new(bedrock.ListAsyncInvokesRequest))
		if common, ok := errors.AsType[*bedrock.CommonError](err); !ok || common.Code != "SerializationException" {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestManyBracesInTexts takes a body whose braces are text, below the bound.
func TestManyBracesInTexts(t *testing.T) {
	body := `{"system":[{"text":"` + strings.Repeat("{ }", 1<<19) + `"}]}`
	if err := restjson.Decode(post(), []byte(body), new(bedrock.ConverseRequest)); err != nil {
		t.Error(err)
	}
}
