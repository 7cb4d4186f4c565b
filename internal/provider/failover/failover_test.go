package failover_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/failover"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake answers with its own name, or fails.
type fake struct {
	name string
	// err is what it fails with, begun that it does so after messageStart.
	err   error
	begun bool
	// asked are the models of the calls that it got.
	asked []string
}

func (f *fake) Converse(_ context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		f.asked = append(f.asked, call.Model+call.Requested)
		w := provider.NewWriter(yield)
		if f.begun {
			w.Start()
		}
		if f.err != nil {
			w.Fail(f.err)
			return
		}
		w.Text(f.name)
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 1})
	}
}

func (f *fake) CountTokens(_ context.Context, call provider.Call) (int32, error) {
	f.asked = append(f.asked, call.Model)
	return int32(len(f.name)), f.err
}

func (f *fake) Abilities(string) provider.Abilities {
	return provider.Abilities{Tools: true, Images: f.name == "a"}
}

// forwarding can pass requests through too.
type forwarding struct{ *fake }

func (f forwarding) Forward(_ context.Context, call provider.RawCall) provider.Pieces {
	return func(yield func(provider.Piece, error) bool) {
		f.asked = append(f.asked, call.Model)
		yield(provider.Piece{Body: []byte(f.name)}, f.err)
	}
}

// broken is the error of a server that answered a status, or 0 for none.
func broken(status int, after time.Duration) error {
	return bedrock.WithCause(&bedrock.ServiceUnavailableException{Message: fmt.Sprint(status)},
		&provider.UpstreamError{Upstream: "u", Status: status, RetryAfter: after, Err: errors.New("broken")})
}

// trio makes a provider of three members.
func trio(order failover.Order) (a, b, c *fake, p provider.Provider) {
	a, b, c = &fake{name: "a"}, &fake{name: "b"}, &fake{name: "c"}
	return a, b, c, failover.New([]failover.Member{
		{Name: "a", Provider: a}, {Name: "b", Provider: b, Model: "of-b"}, {Name: "c", Provider: c},
	}, failover.Options{Order: order})
}

var call = provider.Call{Model: "m", Requested: "+id", Request: &bedrock.ConverseRequest{}}

// ask gives the text of the answer, or the error's.
func ask(t *testing.T, p provider.Provider) string {
	t.Helper()
	a, err := providertest.Collect(t, t.Context(), p, call)
	if err != nil {
		exception, _ := errors.AsType[bedrock.Exception](err)
		return fmt.Sprint(a.Text, exception.ErrorMessage())
	}
	return a.Text
}

func TestFailsOver(t *testing.T) {
	for _, test := range []struct {
		name    string
		a, b, c error
		want    string
		asked   string
	}{
		{"the first", nil, nil, nil, "a", "m+id//"},
		{"no connection", broken(0, 0), nil, nil, "b", "m+id/of-b/"},
		{"throttled", broken(429, 0), nil, nil, "b", "m+id/of-b/"},
		{"two of three", broken(500, 0), broken(503, 0), nil, "c", "m+id/of-b/m+id"},
		{"all", broken(500, 0), broken(503, 0), broken(502, 0), "502", "m+id/of-b/m+id"},
		{"the caller's fault", broken(400, 0), nil, nil, "400", "m+id//"},
		{"no upstream's", &bedrock.ValidationException{Message: "no"}, nil, nil, "no", "m+id//"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b, c, p := trio(failover.InTurn)
			a.err, b.err, c.err = test.a, test.b, test.c
			if got := ask(t, p); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			got := strings.Join([]string{strings.Join(a.asked, ","), strings.Join(b.asked, ","), strings.Join(c.asked, ",")}, "/")
			if got != test.asked {
				t.Errorf("asked %s, want %s", got, test.asked)
			}
		})
	}
}

// An answer that has begun is not begun again.
func TestBegunAnswerBreaks(t *testing.T) {
	a, b, _, p := trio(failover.InTurn)
	a.err, a.begun = broken(0, 0), true
	answer, err := providertest.Collect(t, t.Context(), p, call)
	if err == nil || len(answer.Events) != 1 || len(b.asked) > 0 {
		t.Errorf("%d events, error %v, and the next was asked %d times", len(answer.Events), err, len(b.asked))
	}
}

// The causes of all failures are there for the log.
func TestAllCauses(t *testing.T) {
	a, b, c, p := trio(failover.InTurn)
	a.err, b.err, c.err = broken(500, 0), broken(501, 0), broken(502, 0)
	_, err := providertest.Collect(t, t.Context(), p, call)
	for _, status := range []string{"status 500", "status 501", "status 502"} {
		if err == nil || !strings.Contains(err.Error(), status) {
			t.Errorf("%v does not tell of %s", err, status)
		}
	}
}

// Nobody is asked for a caller who has left.
func TestCallerLeaves(t *testing.T) {
	a, b, _, p := trio(failover.InTurn)
	a.err = broken(0, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := providertest.Collect(t, ctx, p, call); err == nil || len(b.asked) > 0 {
		t.Errorf("error %v, and the next was asked %d times", err, len(b.asked))
	}
}

// A member that fails is left alone for a while that grows, and then tried by one
// call.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _, p := trio(failover.InTurn)
		tries := func(want int) {
			t.Helper()
			before := len(a.asked)
			for range 3 {
				ask(t, p)
			}
			if got := len(a.asked) - before; got != want {
				t.Errorf("a was tried %d times, want %d", got, want)
			}
		}
		a.err = broken(0, 0)
		tries(1)
		time.Sleep(999 * time.Millisecond)
		tries(0)
		time.Sleep(time.Millisecond)
		tries(1)
		time.Sleep(1999 * time.Millisecond)
		tries(0)
		b.err = broken(0, 0) // then c answers, and a is still left alone
		tries(0)
		time.Sleep(time.Millisecond)
		a.err = nil
		tries(3)
	})
}

// One that says when to come back is taken at its word, but not for ever.
func TestRetryAfter(t *testing.T) {
	for after, pause := range map[time.Duration]time.Duration{10 * time.Second: 10 * time.Second, time.Hour: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			a, _, _, p := trio(failover.InTurn)
			a.err = broken(429, after)
			ask(t, p)
			a.err = nil
			time.Sleep(pause - time.Nanosecond)
			if got := ask(t, p); got != "b" {
				t.Errorf("%v: %s answers within the pause", after, got)
			}
			time.Sleep(time.Nanosecond)
			if got := ask(t, p); got != "a" {
				t.Errorf("%v: %s answers after the pause", after, got)
			}
		})
	}
}

// When all others fail, one that is set aside is asked after all.
func TestLastResort(t *testing.T) {
	a, b, c, p := trio(failover.InTurn)
	a.err = broken(0, 0)
	ask(t, p)
	a.err, b.err, c.err = nil, broken(0, 0), broken(0, 0)
	if got := ask(t, p); got != "a" {
		t.Errorf("got %q", got)
	}
}

// Each member gets its share; that of one that fails goes to the others.
func TestWeights(t *testing.T) {
	a, b := &fake{name: "a"}, &fake{name: "b"}
	p := failover.New([]failover.Member{{Name: "a", Provider: a, Weight: 3}, {Name: "b", Provider: b}},
		failover.Options{Order: failover.ByWeight})
	const calls = 4000
	for range calls {
		ask(t, p)
	}
	// Ten standard deviations from 3000.
	if n := len(a.asked); n < 2726 || n > 3274 || n+len(b.asked) != calls {
		t.Errorf("%d and %d calls, want 3 to 1", n, len(b.asked))
	}
	a.err = broken(0, 0)
	for range 20 {
		if got := ask(t, p); got != "b" {
			t.Fatalf("got %q", got)
		}
	}
}

func TestCountTokens(t *testing.T) {
	a, _, _, p := trio(failover.InTurn)
	a.err = broken(0, 0)
	if n, err := p.(provider.TokenCounter).CountTokens(t.Context(), call); n != 1 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if got := p.(provider.Capable).Abilities("m"); got != (provider.Abilities{Tools: true}) {
		t.Errorf("it carries %+v, which not all do", got)
	}
}

// An ability beside Converse is there if all members have it.
func TestAbilities(t *testing.T) {
	passes := forwarding{&fake{name: "f", err: broken(0, 0)}}
	well := forwarding{&fake{name: "well"}}
	only := func(p provider.Provider) provider.Provider { return struct{ provider.Provider }{p} }
	for _, test := range []struct {
		name           string
		members        []provider.Provider
		counts, passes bool
	}{
		{"both", []provider.Provider{passes, well}, true, true},
		{"one does not pass", []provider.Provider{well, &fake{}}, true, false},
		{"one can neither", []provider.Provider{well, only(&fake{})}, false, false},
		{"passes alone", []provider.Provider{struct {
			provider.Provider
			provider.Passthrough
		}{well, well}}, false, true},
	} {
		var members []failover.Member
		for _, m := range test.members {
			members = append(members, failover.Member{Name: "x", Provider: m, Model: "its"})
		}
		p := failover.New(members, failover.Options{Log: slog.New(slog.DiscardHandler)})
		_, counts := p.(provider.TokenCounter)
		through, passes := p.(provider.Passthrough)
		if counts != test.counts || passes != test.passes {
			t.Errorf("%s: counts %v, passes %v", test.name, counts, passes)
		}
		if test.name != "both" {
			continue
		}
		for piece, err := range through.Forward(t.Context(), provider.RawCall{Model: "m"}) {
			if err != nil || string(piece.Body) != "well" || well.asked[0] != "its" {
				t.Errorf("got %q, %v of the model %s", piece.Body, err, well.asked)
			}
		}
	}
}
