package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

// providerFunc is a provider that is one function.
type providerFunc func(ctx context.Context, call provider.Call) provider.Events

func (f providerFunc) Converse(ctx context.Context, call provider.Call) provider.Events {
	return f(ctx, call)
}

// failsWith is a provider that gives an error and no answer.
func failsWith(err error) provider.Provider {
	return providerFunc(func(context.Context, provider.Call) provider.Events { return failing(err) })
}

const (
	ofBedrock = ":http://internal.amazon.com/coral/com.amazon.bedrock/"
	ofCoral   = ":http://internal.amazon.com/coral/com.amazon.coral.service/"
	fixedText = `{"message":"The system encountered an unexpected error during processing. Try your request again."}`
)

func wantError(t testing.TB, got answered, status int, errorType, body string) {
	t.Helper()
	if got.status != status || got.header.Get("x-amzn-ErrorType") != errorType || string(got.body) != body {
		t.Errorf("got  %d %s %s\nwant %d %s %s", got.status, got.header.Get("x-amzn-ErrorType"), got.body, status, errorType, body)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type %q", kind)
	}
}

// The errors of a provider reach the caller as the service words them; what has
// no public half is an InternalServerException that says nothing.
func TestProviderErrors(t *testing.T) {
	cause := errors.New("upstream said: secret")
	for name, test := range map[string]struct {
		err    error
		status int
		code   string
		body   string
	}{
		"throttled":   {&bedrock.ThrottlingException{Message: "Slow."}, 429, "ThrottlingException", `{"message":"Slow."}`},
		"not ready":   {&bedrock.ModelNotReadyException{Message: "Wait."}, 429, "ModelNotReadyException", `{"message":"Wait."}`},
		"timed out":   {&bedrock.ModelTimeoutException{Message: "Late."}, 408, "ModelTimeoutException", `{"message":"Late."}`},
		"unavailable": {&bedrock.ServiceUnavailableException{Message: "No."}, 503, "ServiceUnavailableException", `{"message":"No."}`},
		"denied":      {&bedrock.AccessDeniedException{Message: "No."}, 403, "AccessDeniedException", `{"message":"No."}`},
		"not found":   {&bedrock.ResourceNotFoundException{Message: "No."}, 404, "ResourceNotFoundException", `{"message":"No."}`},
		"quota":       {&bedrock.ServiceQuotaExceededException{Message: "No."}, 400, "ServiceQuotaExceededException", `{"message":"No."}`},
		"the model's": {
			&bedrock.ModelErrorException{Message: "Broken.", OriginalStatusCode: new(int32(500)), ResourceName: new("m")},
			424, "ModelErrorException", `{"message":"Broken.","originalStatusCode":500,"resourceName":"m"}`},
		"with a cause": {
			bedrock.WithCause(&bedrock.ThrottlingException{Message: "Slow."}, cause), 429, "ThrottlingException", `{"message":"Slow."}`},
		"a deadline": {
			context.DeadlineExceeded, 408, "ModelTimeoutException",
			`{"message":"Model has timed out in processing the request. Try your request again."}`},
		"a cause alone": {cause, 500, "InternalServerException", fixedText},
		"nothing said":  {nil, 424, "ModelErrorException", `{"message":"The model returned an incomplete answer. Try your request again."}`},
	} {
		t.Run(name, func(t *testing.T) {
			from := failsWith(test.err)
			if test.err == nil {
				from = providerFunc(func(context.Context, provider.Call) provider.Events {
					return func(func(bedrock.ConverseStreamOutput, error) bool) {}
				})
			}
			web, client := serve(t, newServer(t, from)), newClient(t, http1)
			for path, body := range map[string]string{"/converse": conversationBody, "/invoke": claudeBody} {
				wantError(t, post(t, client, web.URL+claudePath+path, body), test.status, test.code+ofBedrock, test.body)
			}
			if test.err == nil {
				return
			}
			for path, body := range map[string]string{"/converse-stream": conversationBody, "/invoke-with-response-stream": claudeBody} {
				wantError(t, post(t, client, web.URL+claudePath+path, body), test.status, test.code+ofBedrock, test.body)
			}
		})
	}
}

// The house finds these itself.
func TestRequestErrors(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	long := strings.Repeat("x", 65)
	overBoth(t, func(t *testing.T, client *http.Client) {
		for name, test := range map[string]struct {
			path, body       string
			status           int
			errorType, reply string
		}{
			"no JSON": {claudePath + "/converse", "{", 400, "SerializationException" + ofCoral,
				`{"message":"Unable to parse the request body. Check that it is valid JSON and try again."}`},
			"another type": {claudePath + "/converse", `{"messages":"Hi"}`, 400, "SerializationException" + ofCoral, `{"message":"Expected list or null"}`},
			"nothing": {claudePath + "/converse", `{}`, 400, "ValidationException" + ofBedrock,
				`{"message":"A conversation must start with a user message. Try again with a conversation that starts with a user message."}`},
			"one constraint": {claudePath + "/converse", `{"messages":[{"role":"poet","content":[{"text":"Hi"}]}]}`, 400, "ValidationException" + ofBedrock,
				`{"message":"1 validation error detected: Value 'poet' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant, system]"}`},
			"several constraints": {claudePath + "/converse",
				`{"inferenceConfig":{"maxTokens":0,"temperature":1.5},"messages":[{"role":"user","content":[{"toolUse":{"toolUseId":"` + long + `","name":"f","input":{}}}]}]}`,
				400, "ValidationException" + ofBedrock,
				`{"message":"3 validation errors detected: Value '` + long + `' at 'messages.1.member.content.1.member.toolUse.toolUseId' failed to satisfy constraint: Member must have length less than or equal to 64; ` +
					`Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1; ` +
					`Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"}`},
			"blank": {claudePath + "/converse", `{"messages":[{"role":"user","content":[{"text":" \n"}]}]}`, 400, "ValidationException" + ofBedrock,
				`{"message":"The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."}`},
			"bad pointer": {claudePath + "/converse", strings.TrimSuffix(conversationBody, "}") + `,"additionalModelResponseFieldPaths":["stop_sequence"]}`,
				400, "ValidationException" + ofBedrock,
				`{"message":"The value at additionalModelResponseFieldPaths.0 isn't a valid JSON Pointer. Provide a valid JSON Pointer and try again."}`},
			"unknown model": {"/model/nobody-knows/converse-stream", conversationBody, 400, "ValidationException" + ofBedrock,
				`{"message":"The provided model identifier is invalid."}`},
			"no streams": {"/model/ai21.j2-mid-v1/converse-stream", conversationBody, 400, "ValidationException" + ofBedrock,
				`{"message":"The model is unsupported for streaming."}`},
			"no native streams": {"/model/ai21.j2-mid-v1/invoke-with-response-stream", `{"prompt":"Hi"}`, 400, "ValidationException" + ofBedrock,
				`{"message":"The model is unsupported for streaming."}`},
			"native body": {claudePath + "/invoke", strings.Replace(claudeBody, "100", `"100"`, 1), 400, "ValidationException" + ofBedrock,
				`{"message":"Malformed input request: #/max_tokens: expected type: Integer, found: String, please reformat your input and try again."}`},
			"no native body": {claudePath + "/invoke", ``, 400, "ValidationException" + ofBedrock,
				`{"message":"Malformed input request, please reformat your input and try again."}`},
		} {
			t.Run(name, func(t *testing.T) {
				wantError(t, post(t, client, web.URL+test.path, test.body), test.status, test.errorType, test.reply)
			})
		}
	})
}

// The errors of the layer in front of the service carry its namespace, and those
// about API keys their own spelling.
func TestIdentityErrors(t *testing.T) {
	models := newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"})
	o := options(models, scripted(t, scriptedAnswer))
	o.Identity = identity.NewSigV4(identity.DevelopmentKeys{})
	web, client := serve(t, server.New(o)), newClient(t, http1)
	url := web.URL + claudePath + "/converse"
	wantError(t, post(t, client, url, conversationBody), 403, "MissingAuthenticationTokenException"+ofCoral, `{"message":"Missing Authentication Token"}`)

	request := newRequest(t, t.Context(), url, conversationBody)
	request.Header.Set("Authorization", "Bearer bedrock-api-key-x")
	wantError(t, do(t, client, request), 403, "AccessDeniedException"+ofCoral,
		`{"Message":"Authentication failed: Please make sure your API Key is valid."}`)
}

// A body over the bound is refused, whether it says its length or not.
func TestTooLarge(t *testing.T) {
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, scriptedAnswer))
	o.MaxBody = 1000
	web := serve(t, server.New(o))
	overBoth(t, func(t *testing.T, client *http.Client) {
		for _, unknownLength := range []bool{false, true} {
			request := newRequest(t, t.Context(), web.URL+claudePath+"/converse", strings.Repeat(" ", 1001))
			if unknownLength {
				request.ContentLength = -1
			}
			wantError(t, do(t, client, request), 413, "RequestEntityTooLargeException"+ofCoral,
				`{"message":"Request size exceeded the limit of 1000 bytes"}`)
		}
	})
}

// announced is a body of which only a part comes. It notes how much of it was asked for.
type announced struct {
	io.Reader
	asked int
}

func (a *announced) Read(p []byte) (int, error) {
	a.asked = max(a.asked, len(p))
	return a.Reader.Read(p)
}

// A body gets its memory when its beginning is there: who announces a large one may be
// nobody. A large one that comes is read whole.
func TestAnnounced(t *testing.T) {
	const most = 32 << 20
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, scriptedAnswer))
	o.Identity = caller{}
	house := server.New(o)
	body, answer := &announced{Reader: strings.NewReader("{")}, httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, claudePath+"/converse", body)
	request.ContentLength = most
	house.ServeHTTP(answer, request)
	if body.asked > 1<<20 || answer.Code != http.StatusBadRequest {
		t.Errorf("%d bytes were set aside for one; the answer is %d", body.asked, answer.Code)
	}
	web, client := serve(t, house), newClient(t, http1)
	for _, length := range []int{1<<20 - 1, 1 << 20, 1<<20 + 1, most} {
		content := conversationBody + strings.Repeat(" ", length-len(conversationBody))
		if answer := post(t, client, web.URL+claudePath+"/converse", content); answer.status != http.StatusOK {
			t.Errorf("a body of %d bytes is answered with %d: %s", length, answer.status, answer.body)
		}
	}
}
