package openai_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// reply answers every request.
type reply func(*http.Request) (*http.Response, error)

func (r reply) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// replying makes a client whose server answers so.
func replying(status int, contentType, body string, header ...string) *openai.Client {
	return clientOf(func(*http.Request) (*http.Response, error) {
		response := &http.Response{
			StatusCode: status,
			Header:     http.Header{"Content-Type": {contentType}},
			Body:       io.NopCloser(strings.NewReader(body)),
		}
		for i := 0; i < len(header); i += 2 {
			response.Header.Set(header[i], header[i+1])
		}
		return response, nil
	})
}

func clientOf(r reply) *openai.Client {
	return &openai.Client{HTTP: &http.Client{Transport: r}, BaseURL: "http://upstream/v1"}
}

func ask(s string) provider.Call {
	return provider.Call{Model: "m", Incremental: true, Request: &bedrock.ConverseRequest{Messages: []bedrock.Message{user(text(s))}}}
}

func TestStatus(t *testing.T) {
	tests := []struct {
		status     int
		body       string
		code, text string
		temporary  bool
	}{
		{400, `{"error":{"message":"top_k must be positive","type":"BadRequestError","param":null,"code":400}}`,
			"ValidationException", "The model returned the following errors: top_k must be positive", false},
		{422, `{"detail":[{"msg":"Field required"}]}`,
			"ValidationException", `The model returned the following errors: [{"msg":"Field required"}]`, false},
		{400, `{"error":"model is required"}`, "ValidationException", "The model returned the following errors: model is required", false},
		{400, `{"object":"error","message":"no","type":"x","code":400}`, "ValidationException", "The model returned the following errors: no", false},
		{400, ``, "ValidationException", "The model returned the following errors: bad request", false},
		{400, `{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 9000."}}`,
			"ValidationException", "Input is too long for requested model.", false},
		{400, `{"error":{"message":"Too much","code":"context_length_exceeded"}}`,
			"ValidationException", "Input is too long for requested model.", false},
		{400, `{"error":{"code":400,"message":"request (9 tokens) is too large","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}`,
			"ValidationException", "Input is too long for requested model.", false},
		{413, `<html>`, "ValidationException", "Input is too long for requested model.", false},
		{401, `{"error":{"message":"Incorrect API key provided: sk-secret-key"}}`,
			"AccessDeniedException", "You don't have access to the model with the specified model ID.", false},
		{403, ``, "AccessDeniedException", "You don't have access to the model with the specified model ID.", false},
		{404, `{"error":{"message":"The model m does not exist.","code":404}}`, "ResourceNotFoundException", "The model m does not exist.", false},
		{404, `<html>nginx</html>`, "ResourceNotFoundException", "The model was not found.", false},
		{408, ``, "ModelTimeoutException", "Model has timed out in processing the request. Try your request again.", true},
		{504, ``, "ModelTimeoutException", "Model has timed out in processing the request. Try your request again.", true},
		{429, ``, "ThrottlingException", "Too many requests, please wait before trying again.", true},
		{503, ``, "ServiceUnavailableException", "Bedrock is unable to process your request.", true},
		{503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`,
			"ModelNotReadyException", "Model is not ready for inference. Wait and try your request again.", true},
		{500, `{"error":"CUDA out of memory"}`, "ModelErrorException",
			"The system encountered an unexpected error during processing. Try your request again.", true},
		{302, ``, "ModelErrorException", "The system encountered an unexpected error during processing. Try your request again.", false},
	}
	for _, test := range tests {
		client := replying(test.status, "application/json", test.body, "Retry-After", "7")
		client.Header = http.Header{"Authorization": {"Bearer sk-secret-key"}}
		_, err := providertest.Collect(t, t.Context(), client, ask("hello"))
		exception, _ := errors.AsType[bedrock.Exception](err)
		if exception == nil || exception.ErrorCode() != test.code || exception.ErrorMessage() != test.text {
			t.Errorf("%d %s\ngot  %v\nwant %s: %s", test.status, test.body, exception, test.code, test.text)
		}
		upstream, _ := errors.AsType[*provider.UpstreamError](err)
		if upstream == nil || upstream.Status != test.status || upstream.Temporary() != test.temporary || upstream.RetryAfter != 7*time.Second {
			t.Errorf("%d %s: cause %+v", test.status, test.body, upstream)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the key: %v", err)
		}
		if failed, ok := errors.AsType[*bedrock.ModelErrorException](err); ok && *failed.OriginalStatusCode != int32(test.status) {
			t.Errorf("originalStatusCode %d, want %d", *failed.OriginalStatusCode, test.status)
		}
	}
}

// TestSilence lets a server fall silent before its head, and in the middle.
func TestSilence(t *testing.T) {
	silent := func(request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	mute := func(request *http.Request) (*http.Response, error) {
		r, w := io.Pipe()
		context.AfterFunc(request.Context(), func() { w.CloseWithError(request.Context().Err()) })
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: r}, nil
	}
	halting := func(request *http.Request) (*http.Response, error) {
		r, w := io.Pipe()
		go func() {
			// Each piece comes within the limit, all of them together do not.
			for range 3 {
				time.Sleep(50 * time.Second)
				_, _ = io.WriteString(w, "data: "+`{"choices":[{"index":0,"delta":{"content":"a"}}]}`+"\n\n") // the reader sees what fails
			}
			<-request.Context().Done()
			w.CloseWithError(request.Context().Err())
		}()
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: r}, nil
	}
	for name, test := range map[string]struct {
		server reply
		after  time.Duration
		text   string
	}{
		"no head":       {silent, 90 * time.Second, ""},
		"no byte":       {mute, 90 * time.Second, ""},
		"in the middle": {halting, 150*time.Second + time.Minute, "aaa"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(test.server)
				client.ResponseTimeout, client.IdleTimeout = 90*time.Second, time.Minute
				start := time.Now()
				a, err := providertest.Collect(t, t.Context(), client, ask("hello"))
				if _, ok := errors.AsType[*bedrock.ModelTimeoutException](err); !ok || a.Text != test.text {
					t.Errorf("text %q, error %v; want %q and ModelTimeoutException", a.Text, err, test.text)
				}
				if waited := time.Since(start); waited != test.after {
					t.Errorf("gave up after %v, want %v", waited, test.after)
				}
			})
		})
	}
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientOf(func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			return nil, request.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := providertest.Collect(t, ctx, client, ask("hello"))
		if _, ok := errors.AsType[*bedrock.ModelTimeoutException](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want ModelTimeoutException by the deadline", err)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // it only chose a port
	client, err := openai.New(openai.Options{BaseURL: "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	_, err = providertest.Collect(t, t.Context(), client, ask("hello"))
	upstream, _ := errors.AsType[*provider.UpstreamError](err)
	if _, ok := errors.AsType[*bedrock.ModelErrorException](err); !ok || upstream == nil || !upstream.Temporary() {
		t.Errorf("error %v, want a temporary ModelErrorException", err)
	}
}

// TestKeepAlive answers many calls over one connection.
func TestKeepAlive(t *testing.T) {
	f := newFake(t, &fake{connected: new(atomic.Int32)})
	defer f.Close()
	client := newClient(t, f)
	defer client.Close()
	for i := range 10 {
		call := ask("hello")
		call.Incremental = i%2 == 0
		if _, err := providertest.Collect(t, t.Context(), client, call); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.connected.Load(); n != 1 {
		t.Errorf("%d connections for 10 calls in a row", n)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		options openai.Options
		want    string
	}{
		{openai.Options{}, "is not like http://127.0.0.1:8000/v1"},
		{openai.Options{BaseURL: "localhost:8000"}, "is not like"},
		{openai.Options{BaseURL: "http://u:p@host"}, "user name"},
		{openai.Options{BaseURL: "http://host/v1?key=x"}, "more than a path"},
	} {
		if _, err := openai.New(test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want one with %q", test.options, err, test.want)
		}
	}
}
