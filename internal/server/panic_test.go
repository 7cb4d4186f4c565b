package server_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider"
)

// panics is a provider with a fault: at once, or after it has begun to answer.
type panics struct{ begins bool }

func (p panics) Converse(_ context.Context, _ provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		if p.begins {
			provider.NewWriter(yield).Text("Hi")
		}
		panic("hush")
	}
}

// A panic is the error of one request: the caller gets the fixed text, the log
// the place but not the words.
func TestPanic(t *testing.T) {
	for _, version := range []string{http1, h2c} {
		client := newClient(t, version)
		got := logged(t, panics{}, identity.None{}, func(url string) {
			for _, path := range []string{"/converse", "/converse-stream"} {
				answer := post(t, client, url+claudePath+path, conversationBody)
				if answer.status != 500 || !strings.Contains(string(answer.body), "The system encountered an unexpected error") {
					t.Errorf("%s: %d %s", path, answer.status, answer.body)
				}
			}
		})
		if len(got) != 4 || !strings.Contains(got[0]["stack"].(string), "panic_test.go") || got[1]["error"] != "InternalServerException" {
			t.Errorf("the lines %v", got)
		}
	}
}

// A panic inside a stream does not let the answer look whole.
func TestPanicInStream(t *testing.T) {
	client := newClient(t, http1)
	logged(t, panics{begins: true}, identity.None{}, func(url string) {
		answer, err := client.Do(newRequest(t, t.Context(), url+claudePath+"/converse-stream", conversationBody))
		if err != nil {
			return // the head was not out yet
		}
		defer answer.Body.Close()
		if _, err := io.ReadAll(answer.Body); err == nil {
			t.Error("the answer has an end")
		}
	})
}
