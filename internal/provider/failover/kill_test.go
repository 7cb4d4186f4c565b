package failover_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/failover"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// callers ask at the same time.
const callers = 8

// upstream is a server with chat completions.
type upstream struct {
	*httptest.Server
	served atomic.Int64
	// dies makes it take longer and longer from some request on, and die as soon
	// as all callers wait for it.
	dies    bool
	waiting atomic.Int64
	dead    chan struct{}
}

func newUpstream(dies bool) *upstream {
	u := &upstream{dies: dies, dead: make(chan struct{})}
	u.Server = httptest.NewServer(http.HandlerFunc(u.answer))
	return u
}

// work is in the middle of an answer, where the server dies if it is to: all
// connections break, and nobody listens any more.
func (u *upstream) work() {
	const healthy = 50
	if !u.dies || u.served.Load() < healthy {
		return
	}
	if u.waiting.Add(1) == callers {
		_ = u.Listener.Close() // all that matters is that it is closed
		close(u.dead)
	}
	<-u.dead
	panic(http.ErrAbortHandler)
}

// answer writes a few tokens, each its own piece of the stream.
func (u *upstream) answer(w http.ResponseWriter, r *http.Request) {
	u.served.Add(1)
	var q struct{ Stream bool }
	if json.NewDecoder(r.Body).Decode(&q) != nil {
		return // the connection was killed
	}
	if !q.Stream {
		u.work()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices":[{"index":0,"message":{"content":"one two three"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":3}}`)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, token := range []string{"one", " two", " three"} {
		fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", token)
		w.(http.Flusher).Flush()
		u.work()
	}
	io.WriteString(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":3}}`+"\n\ndata: [DONE]\n\n")
}

// One of three upstreams dies under load, in the middle of its answers. No request
// fails that had not begun to be answered; a whole answer begins when it is there.
func TestKilledUnderLoad(t *testing.T) {
	for name, order := range map[string]failover.Order{"in turn": failover.InTurn, "by weight": failover.ByWeight} {
		t.Run(name, func(t *testing.T) { killUnderLoad(t, order) })
	}
}

func killUnderLoad(t *testing.T, order failover.Order) {
	const calls = 100
	upstreams := []*upstream{newUpstream(true), newUpstream(false), newUpstream(false)}
	var members []failover.Member
	for i, u := range upstreams {
		client := newClient(t, u.URL)
		t.Cleanup(func() {
			_ = client.Close() // never fails
			u.Close()
		})
		members = append(members, failover.Member{Name: fmt.Sprint(i), Provider: client})
	}
	p := failover.New(members, failover.Options{Order: order})

	var load sync.WaitGroup
	var done, broken atomic.Int64
	for caller := range callers {
		load.Go(func() {
			for i := range calls {
				a, err := providertest.Collect(t, t.Context(), p, question((caller+i)%2 == 0))
				switch {
				case err == nil && a.Text != "one two three":
					t.Errorf("the answer is %q", a.Text)
				case err != nil && len(a.Events) == 0:
					t.Errorf("a request failed that had not begun: %v", err)
				case err != nil:
					broken.Add(1)
				}
				done.Add(1)
			}
		})
	}
	load.Wait()
	for i, u := range upstreams {
		t.Logf("upstream %d was asked %d times", i, u.served.Load())
	}
	t.Logf("%d of %d answers had begun and broke", broken.Load(), done.Load())
	if upstreams[0].waiting.Load() < callers || upstreams[1].served.Load() == 0 {
		t.Error("the upstream did not die under load")
	}
	if n := broken.Load(); n > callers {
		t.Errorf("%d answers broke; at most %d can have been under way", n, callers)
	}
}

func question(incremental bool) provider.Call {
	return provider.Call{Model: "m", Incremental: incremental, Request: &bedrock.ConverseRequest{
		Messages: []bedrock.Message{{
			Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("Count.")}},
		}},
	}}
}
