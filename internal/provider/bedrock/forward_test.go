package bedrock_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	service "github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/provider/retry"
)

// gateway is a Saprolite that passes everything on to the upstream, decorated as
// the program decorates it.
func gateway(t *testing.T, p provider.Provider) *bedrockruntime.Client {
	t.Helper()
	web := httptest.NewUnstartedServer(newServer(t, retry.New(p, retry.Options{}), identity.None{}))
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	t.Cleanup(web.Close)
	transport := &http.Transport{Protocols: web.Config.Protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: &web.URL, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		HTTPClient: &http.Client{Transport: transport}, Retryer: aws.NopRetryer{},
	})
}

const invoke = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"hello"}]}`

func say(text string) []types.Message {
	return []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}}
}

// TestForward asks each operation by the official client, through one Saprolite to
// another.
func TestForward(t *testing.T) {
	u := newUpstream(t, rules)
	t.Cleanup(u.Close)
	p := newProvider(t, u.options())
	t.Cleanup(func() { _ = p.Close() }) // never fails
	client := gateway(t, p)
	ctx := t.Context()

	t.Run("Converse", func(t *testing.T) {
		got, err := client.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String("us." + claude), Messages: say("hello")})
		if err != nil {
			t.Fatal(err)
		}
		text, ok := got.Output.(*types.ConverseOutputMemberMessage).Value.Content[0].(*types.ContentBlockMemberText)
		if !ok || text.Value != "Hello there, friend." {
			t.Errorf("got %+v", got.Output)
		}
		if want := "/model/us.anthropic.claude-3-haiku-20240307-v1%3A0/converse"; u.path != want {
			t.Errorf("asked %s", u.path)
		}
	})
	t.Run("ConverseStream", func(t *testing.T) {
		got, err := client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(claude), Messages: say("hello")})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for event := range got.GetStream().Events() {
			if delta, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
				text += delta.Value.Delta.(*types.ContentBlockDeltaMemberText).Value
			}
		}
		if err := got.GetStream().Err(); err != nil || text != "Hello there, friend." {
			t.Errorf("got %q, %v", text, err)
		}
	})
	t.Run("InvokeModel", func(t *testing.T) {
		got, err := client.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{
			ModelId: aws.String(claude), Body: []byte(invoke), Trace: types.TraceDisabled, Accept: aws.String("application/json"),
		})
		if err != nil {
			t.Fatal(err)
		}
		var message struct{ Content []struct{ Text string } }
		if json.Unmarshal(got.Body, &message) != nil || message.Content[0].Text != "Hello there, friend." || *got.ContentType != "application/json" {
			t.Errorf("got %s of the type %s", got.Body, *got.ContentType)
		}
		if got := u.header.Get("X-Amzn-Bedrock-Trace"); got != "DISABLED" {
			t.Errorf("the member trace is %q", got)
		}
	})
	t.Run("InvokeModelWithResponseStream", func(t *testing.T) {
		got, err := client.InvokeModelWithResponseStream(ctx, &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: aws.String(claude), Body: []byte(invoke)})
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		for event := range got.GetStream().Events() {
			all = append(all, event.(*types.ResponseStreamMemberChunk).Value.Bytes...)
		}
		if err := got.GetStream().Err(); err != nil || !bytes.Contains(all, []byte("amazon-bedrock-invocationMetrics")) {
			t.Errorf("got %s, %v", all, err)
		}
	})
	t.Run("CountTokens", func(t *testing.T) {
		got, err := client.CountTokens(ctx, &bedrockruntime.CountTokensInput{
			ModelId: aws.String(claude), Input: &types.CountTokensInputMemberInvokeModel{Value: types.InvokeModelTokensRequest{Body: []byte(invoke)}},
		})
		if err != nil || *got.InputTokens != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("errors", func(t *testing.T) { forwardErrors(t, client) })
}

func forwardErrors(t *testing.T, client *bedrockruntime.Client) {
	_, err := client.Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String(claude), Messages: say("model")})
	if e, ok := errors.AsType[*types.ModelErrorException](err); !ok || *e.Message != "Out of memory." || *e.OriginalStatusCode != 500 {
		t.Errorf("got %v", err)
	}
	got, err := client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(claude), Messages: say("broken")})
	if err != nil {
		t.Fatal(err)
	}
	for range got.GetStream().Events() {
	}
	if e, ok := errors.AsType[*types.ModelStreamErrorException](got.GetStream().Err()); !ok || *e.Message != "Gone." || *e.OriginalMessage != "bad" {
		t.Errorf("got %v", got.GetStream().Err())
	}
}

// frames are those of an answer with what this house would never write: another
// order of members, a number of its own form, an event that nobody knows.
func frames() (all []byte, each [][]byte) {
	for _, payload := range []string{`{"role":"assistant", "p":"ab"}`, `{"z":1e0,"contentBlockIndex":0}`} {
		f := new(eventstream.Frame)
		f.BeginEvent("neverSeen")
		_, _ = f.Write([]byte(payload)) // never fails
		f.End()
		each = append(each, f.Bytes())
		all = append(all, f.Bytes()...)
	}
	return all, each
}

// TestForwardedBytes sees each frame as it was, and what becomes of a broken
// stream.
func TestForwardedBytes(t *testing.T) {
	all, each := frames()
	for _, test := range []struct {
		name string
		sent []byte
		// pieces come before the error of the code.
		pieces    int
		code      string
		temporary bool
	}{
		{"whole", all, 2, "", false},
		{"cut in a frame", all[:len(all)-1], 1, "ModelStreamErrorException", false},
		{"cut in the first", all[:5], 0, "ModelErrorException", true},
		{"nothing", nil, 0, "ModelErrorException", true},
		{"no frames", []byte(strings.Repeat("x", 100)), 0, "ModelErrorException", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", eventstream.ContentType)
				w.Header().Set("X-Amzn-Bedrock-Content-Type", "application/json")
				w.Header().Set("X-Amzn-Requestid", "theirs")
				_, _ = w.Write(test.sent) // a client that leaves is no error
			}))
			defer web.Close()
			u := &upstream{Server: web}
			p := newProvider(t, u.options())
			defer p.Close()
			var got [][]byte
			var header http.Header
			var failure error
			for piece, err := range p.Forward(t.Context(), provider.RawCall{Operation: service.OperationConverseStream, Model: claude}) {
				if failure = err; err == nil {
					got = append(got, bytes.Clone(piece.Body))
				}
				if len(got) == 1 && header == nil {
					header = piece.Header
				}
			}
			if len(got) != test.pieces || !bytes.Equal(bytes.Join(got, nil), bytes.Join(each[:test.pieces], nil)) {
				t.Errorf("got %q", got)
			}
			if len(got) > 0 && (len(header) != 2 || header.Get("X-Amzn-Bedrock-Content-Type") == "") {
				t.Errorf("the members are %v", header)
			}
			exception, _ := errors.AsType[service.Exception](failure)
			upstreams, _ := errors.AsType[*provider.UpstreamError](failure)
			if test.code == "" && failure == nil {
				return
			}
			if exception == nil || exception.ErrorCode() != test.code || upstreams.Temporary() != test.temporary {
				t.Errorf("error %v, want %s", failure, test.code)
			}
		})
	}
}

// Who leaves ends the work upstream.
func TestForwardLeaves(t *testing.T) {
	u := newUpstream(t, rules)
	defer u.Close()
	p := newProvider(t, u.options())
	defer p.Close()
	body := []byte(`{"messages":[{"role":"user","content":[{"text":"endless"}]}]}`)
	call := provider.RawCall{Operation: service.OperationConverseStream, Model: claude, Body: body}
	for _, err := range p.Forward(t.Context(), call) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if err := u.Idle(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var failure error
	for _, err := range p.Forward(ctx, call) {
		failure = err
		cancel()
	}
	if !errors.Is(failure, context.Canceled) {
		t.Errorf("the answer ended with %v", failure)
	}
	if err := u.Idle(t.Context()); err != nil {
		t.Error(err)
	}
}

// Exceptions ahead of everything else in a stream are errors before the answer.
func TestExceptionFirst(t *testing.T) {
	f := new(eventstream.Frame)
	f.BeginException("throttlingException")
	_, _ = io.WriteString(f, `{"message":"Slow down."}`) // never fails
	f.End()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", eventstream.ContentType)
		_, _ = w.Write(f.Bytes()) // a client that leaves is no error
	}))
	defer web.Close()
	u := &upstream{Server: web}
	p := newProvider(t, u.options())
	defer p.Close()
	_, err := providertest.Collect(t, t.Context(), p, ask("hello", true))
	if e, ok := errors.AsType[*service.ThrottlingException](err); !ok || e.Message != "Slow down." {
		t.Errorf("got %v", err)
	}
	if upstream, ok := errors.AsType[*provider.UpstreamError](err); !ok || !upstream.Temporary() {
		t.Errorf("the upstream's part is %v", upstream)
	}
}
