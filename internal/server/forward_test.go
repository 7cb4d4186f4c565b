package server_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/provider"
)

// passing is an upstream that is Bedrock itself.
type passing struct {
	provider.Provider
	got    provider.RawCall
	pieces []provider.Piece
	err    error
}

func (p *passing) Forward(_ context.Context, call provider.RawCall) provider.Pieces {
	return func(yield func(provider.Piece, error) bool) {
		p.got = call
		for _, piece := range p.pieces {
			if !yield(piece, nil) {
				return
			}
		}
		if p.err != nil {
			yield(provider.Piece{}, p.err)
		}
	}
}

func postWith(t *testing.T, url, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// A request goes on as it came, and the answer comes as it is, under a request id
// of this server's.
func TestForwardWhole(t *testing.T) {
	up := &passing{pieces: []provider.Piece{{
		Header: http.Header{"Content-Type": {"application/x-theirs"}, "X-Amzn-Bedrock-Input-Token-Count": {"7"}},
		Body:   []byte(` {"theirs" : 1}`),
	}}}
	web := serve(t, newServer(t, up))
	response := postWith(t, web.URL+"/model/us."+claude+"/invoke", `{"any": "body" }`,
		"Accept", "text/x", "Content-Type", "application/x-mine", "X-Amzn-Bedrock-Trace", "ENABLED", "Authorization", "secret", "X-Amz-Date", "now")
	body := readAll(t, response.Body)
	if string(body) != ` {"theirs" : 1}` || response.Header.Get("Content-Type") != "application/x-theirs" ||
		response.Header.Get("X-Amzn-Bedrock-Input-Token-Count") != "7" || len(response.Header.Get("X-Amzn-Requestid")) != 36 {
		t.Errorf("got %s with %v", body, response.Header)
	}
	if up.got.Model != "us."+claude || up.got.Operation != bedrock.OperationInvokeModel || string(up.got.Body) != `{"any": "body" }` {
		t.Errorf("passed on %+v", up.got)
	}
	if h := up.got.Header; len(h) != 3 || h.Get("Accept") != "text/x" || h.Get("Content-Type") != "application/x-mine" || h.Get("X-Amzn-Bedrock-Trace") != "ENABLED" {
		t.Errorf("passed on the headers %v", h)
	}
}

// What breaks off is told behind the last frame that came.
func TestForwardStream(t *testing.T) {
	var frames eventstream.Frame
	frames.BeginEvent("chunk")
	if _, err := frames.Write([]byte(`{ "bytes":"e30="}`)); err != nil {
		t.Fatal(err)
	}
	frames.End()
	head := http.Header{"Content-Type": {eventstream.ContentType}, "X-Amzn-Bedrock-Content-Type": {"application/json"}}
	for _, broken := range []error{nil, &bedrock.ModelStreamErrorException{Message: "Gone."}} {
		up := &passing{pieces: []provider.Piece{{Header: head, Body: frames.Bytes()}, {Body: frames.Bytes()}}, err: broken}
		response := postWith(t, serve(t, newServer(t, up)).URL+"/model/"+claude+"/invoke-with-response-stream", "{}")
		body := readAll(t, response.Body)
		rest, ok := bytes.CutPrefix(body, bytes.Repeat(frames.Bytes(), 2))
		if !ok || response.Header.Get("X-Amzn-Bedrock-Content-Type") != "application/json" || response.Header.Get("Content-Type") != eventstream.ContentType {
			t.Fatalf("got %q with %v", body, response.Header)
		}
		if broken == nil {
			if len(rest) > 0 {
				t.Errorf("behind the frames comes %q", rest)
			}
			continue
		}
		message, err := eventstream.NewReader(bufio.NewReader(bytes.NewReader(rest))).Next()
		if err != nil || message.ExceptionType() != "modelStreamErrorException" || string(message.Payload) != `{"message":"Gone."}` {
			t.Errorf("behind the frames comes %q", rest)
		}
	}
}

// An error ahead of the answer has the one exit for errors; an id that is not
// served gets no further.
func TestForwardErrors(t *testing.T) {
	up := &passing{err: &bedrock.ThrottlingException{Message: "Slow down."}}
	web := serve(t, newServer(t, up))
	response := postWith(t, web.URL+"/model/"+claude+"/converse", `{"messages":[]}`)
	if body := readAll(t, response.Body); response.StatusCode != 429 || string(body) != `{"message":"Slow down."}` {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
	up.got = provider.RawCall{}
	response = postWith(t, web.URL+"/model/acme.none/converse", `{"messages":[]}`)
	if body := readAll(t, response.Body); response.StatusCode != 400 || up.got.Model != "" {
		t.Errorf("got %d %s, passed on %+v", response.StatusCode, body, up.got)
	}
}
