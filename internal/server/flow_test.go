package server_test

import (
	"bufio"
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/provider"
)

// stepped is a provider that says a word for each one in words, and ends when
// the channel is closed or the caller has gone; left then tells so.
type stepped struct {
	words   chan string
	started chan struct{}
	left    chan error
}

func newStepped() *stepped {
	return &stepped{words: make(chan string), started: make(chan struct{}, 1), left: make(chan error, 1)}
}

func (s *stepped) Converse(ctx context.Context, _ provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		s.started <- struct{}{}
		for w.Start() {
			select {
			case word, ok := <-s.words:
				if !ok {
					w.Stop(bedrock.StopReasonEndTurn, nil)
					w.Metadata(bedrock.TokenUsage{})
					return
				}
				w.Text(word)
			case <-ctx.Done():
				s.left <- ctx.Err()
				w.Fail(provider.EndedError(ctx.Err()))
				return
			}
		}
	}
}

// open sends a request and gives its answer once the head is there.
func open(t testing.TB, ctx context.Context, client *http.Client, url, body string) *http.Response {
	t.Helper()
	response, err := client.Do(newRequest(t, ctx, url, body))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// A client has the frame of each token before the model makes the next one.
func TestNothingHeldBack(t *testing.T) {
	overBoth(t, func(t *testing.T, client *http.Client) {
		for path, body := range streams {
			from := newStepped()
			web := serve(t, newServer(t, from))
			response := open(t, t.Context(), client, web.URL+claudePath+path, body)
			reader := eventstream.NewReader(bufio.NewReader(response.Body))
			for _, word := range []string{"one", "two", "three"} {
				from.words <- word
				for heard := ""; !strings.Contains(heard, word); {
					message, err := reader.Next()
					if err != nil {
						t.Fatal(err)
					}
					if heard = string(message.Payload); message.EventType() == "chunk" {
						heard = string(chunkOf(t, message.Payload))
					}
				}
			}
			close(from.words)
			readAll(t, response.Body)
		}
	})
}

// counter counts no sooner than the answer has begun.
type counter struct {
	*stepped
	begun chan struct{}
}

func (c *counter) CountTokens(ctx context.Context, _ provider.Call) (int32, error) {
	select {
	case <-c.begun:
		return 5, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (c *counter) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		close(c.begun)
		c.stepped.Converse(ctx, call)(yield)
	}
}

// The input tokens that Claude tells first are counted while the answer begins,
// not before.
func TestCountedBeside(t *testing.T) {
	from := &counter{newStepped(), make(chan struct{})}
	close(from.words)
	web := serve(t, newServer(t, from))
	got := post(t, newClient(t, http1), web.URL+claudePath+"/invoke-with-response-stream", claudeBody)
	first := chunkOf(t, readStream(t, got.body)[0].Payload)
	if !strings.Contains(string(first), `"usage":{"input_tokens":5,`) {
		t.Errorf("the first chunk is %s", first)
	}
}

// When the client leaves, the provider's work ends: inside a stream, and before
// a whole answer.
func TestClientLeaves(t *testing.T) {
	overBoth(t, func(t *testing.T, client *http.Client) {
		for path, body := range streams {
			from := newStepped()
			web := serve(t, newServer(t, from))
			ctx, leave := context.WithCancel(t.Context())
			response := open(t, ctx, client, web.URL+claudePath+path, body)
			from.words <- "one"
			if _, err := eventstream.NewReader(response.Body).Next(); err != nil {
				t.Fatal(err)
			}
			leave()
			if err := <-from.left; err != context.Canceled {
				t.Errorf("%s: the provider's context ended with %v", path, err)
			}
		}
		for path, body := range map[string]string{"/converse": conversationBody, "/invoke": claudeBody} {
			from := newStepped()
			web := serve(t, newServer(t, from))
			ctx, leave := context.WithCancel(t.Context())
			asked := make(chan error, 1)
			go func() {
				response, err := client.Do(newRequest(t, ctx, web.URL+claudePath+path, body))
				if err == nil {
					response.Body.Close()
				}
				asked <- err
			}()
			<-from.started
			leave()
			if err := <-from.left; err != context.Canceled {
				t.Errorf("%s: the provider's context ended with %v", path, err)
			}
			if err := <-asked; err == nil {
				t.Errorf("%s: a client that had left was answered", path)
			}
		}
	})
}

// A reader that takes nothing stops the model: what waits for the reader is
// bounded, by the server's buffers and those of the connection.
func TestSlowReader(t *testing.T) {
	const (
		word  = 64 << 10
		all   = 400 * word
		bound = 16 << 20
	)
	overBoth(t, func(t *testing.T, client *http.Client) {
		var made atomic.Int64
		text := strings.Repeat("x", word)
		web := serve(t, newServer(t, providerFunc(func(context.Context, provider.Call) provider.Events {
			return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
				w := provider.NewWriter(yield)
				for made.Load() < all && w.Text(text) {
					made.Add(word)
				}
				w.Stop(bedrock.StopReasonEndTurn, nil)
				w.Metadata(bedrock.TokenUsage{})
			}
		})))
		response := open(t, t.Context(), client, web.URL+claudePath+"/converse-stream", conversationBody)
		for !waiting("TestSlowReader") {
			if made.Load() == all {
				t.Fatal("the model was not stopped")
			}
			runtime.Gosched()
		}
		if n := made.Load(); n > bound {
			t.Errorf("the model was stopped after %d bytes", n)
		}
		messages := readStream(t, readAll(t, response.Body))
		if len(messages) != all/word+4 {
			t.Errorf("%d messages reached a reader who took his time", len(messages))
		}
	})
}

// waiting says whether a goroutine that runs a function of the name waits on a
// condition.
func waiting(function string) bool {
	stacks := make([]byte, 256<<10)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "[sync.Cond.Wait") && strings.Contains(stack, function) {
			return true
		}
	}
	return false
}
