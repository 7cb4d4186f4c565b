package retry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/provider/retry"
	"github.com/saprolite/saprolite/internal/provider/script"
)

// flaky fails with each of its errors in turn, and then answers. It notes when
// it was asked.
type flaky struct {
	failures []error
	asked    []time.Time
	// begin makes it fail after messageStart.
	begin bool
}

func (f *flaky) next() error {
	n := len(f.asked)
	f.asked = append(f.asked, time.Now())
	if n < len(f.failures) {
		return f.failures[n]
	}
	return nil
}

func (f *flaky) Converse(_ context.Context, _ provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		err := f.next()
		if f.begin {
			w.Start()
		}
		if err != nil {
			w.Fail(err)
			return
		}
		w.Text("Hello")
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 1})
	}
}

func (f *flaky) CountTokens(context.Context, provider.Call) (int32, error) { return 7, f.next() }

// upstream is an error of a server that answered a status.
func upstream(status int, after time.Duration) error {
	return bedrock.WithCause(&bedrock.ThrottlingException{Message: "no"},
		&provider.UpstreamError{Status: status, RetryAfter: after, Err: errors.New("no")})
}

var call = provider.Call{Request: &bedrock.ConverseRequest{}}

func TestRetry(t *testing.T) {
	const ms = time.Millisecond
	unrelated := &bedrock.ValidationException{Message: "no"}
	busy := upstream(503, 0)
	span := func(from, to time.Duration) [2]time.Duration { return [2]time.Duration{from, to} }
	tests := []struct {
		name     string
		failures []error
		options  retry.Options
		// waits are the bounds of the waits between the attempts.
		waits []([2]time.Duration)
		fails bool
	}{
		{name: "no failure"},
		{name: "one failure", failures: []error{busy}, waits: [][2]time.Duration{span(125*ms, 250*ms)}},
		{
			name: "waits grow", failures: []error{busy, busy, busy},
			options: retry.Options{Attempts: 4},
			waits:   [][2]time.Duration{span(125*ms, 250*ms), span(250*ms, 500*ms), span(500*ms, 1000*ms)},
		},
		{
			name: "attempts are bounded", failures: []error{busy, busy, busy}, fails: true,
			options: retry.Options{Attempts: 2}, waits: [][2]time.Duration{span(125*ms, 250*ms)},
		},
		{
			name: "waits are bounded", failures: []error{busy, busy, busy},
			options: retry.Options{Attempts: 4, FirstWait: 100 * ms, MaxWait: 150 * ms},
			waits:   [][2]time.Duration{span(50*ms, 100*ms), span(75*ms, 150*ms), span(75*ms, 150*ms)},
		},
		{name: "no connection", failures: []error{upstream(0, 0)}, waits: [][2]time.Duration{span(125*ms, 250*ms)}},
		{name: "what the upstream asks for", failures: []error{upstream(429, 5*time.Second)}, waits: [][2]time.Duration{span(5000*ms, 5000*ms)}},
		{name: "asks for too long", failures: []error{upstream(429, time.Minute)}, fails: true},
		{
			name: "time is bounded", failures: []error{upstream(429, 9*time.Second), upstream(429, 9*time.Second)}, fails: true,
			options: retry.Options{MaxElapsed: 10 * time.Second}, waits: [][2]time.Duration{span(9000*ms, 9000*ms)},
		},
		{name: "not temporary", failures: []error{upstream(400, 0)}, fails: true},
		{name: "no upstream", failures: []error{unrelated}, fails: true},
	}
	for _, test := range tests {
		for _, op := range []string{"Converse", "CountTokens"} {
			t.Run(test.name+"/"+op, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := &flaky{failures: test.failures}
					p := retry.New(f, test.options)
					var err error
					if op == "Converse" {
						_, err = providertest.Collect(t, t.Context(), p, call)
					} else {
						_, err = p.(provider.TokenCounter).CountTokens(t.Context(), call)
					}
					if (err != nil) != test.fails {
						t.Errorf("error %v", err)
					}
					if len(f.asked) != len(test.waits)+1 {
						t.Fatalf("%d attempts, want %d", len(f.asked), len(test.waits)+1)
					}
					for i, bounds := range test.waits {
						if wait := f.asked[i+1].Sub(f.asked[i]); wait < bounds[0] || wait > bounds[1] {
							t.Errorf("wait %d was %v, want %v", i, wait, bounds)
						}
					}
				})
			})
		}
	}
}

// TestProvider is the suite over a provider that is tried again.
func TestProvider(t *testing.T) {
	p, err := script.Parse("rules.yaml", fmt.Appendf(nil, `
rules:
  - {when: {text: endless}, reply: %q}
  - {when: {text: throttled}, error: ThrottlingException}
  - {when: {text: broken}, reply: It was night., error: {type: ModelStreamErrorException, after: 2}}
default: {reply: 1 2 3 4 5 6}
`, strings.Repeat("la ", 500)))
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		return providertest.Harness{
			Provider: retry.New(p, retry.Options{}), Model: "m", Counts: true,
			Prompt: "hello", Endless: "endless", System: "Be terse.",
			StopPrompt: "count", StopSequence: "5",
			PrefillPrompt: "count", Prefill: "-1 0",
			Failures: []providertest.Failure{
				{Name: "before", Prompt: "throttled", Code: "ThrottlingException"},
				{Name: "within", Prompt: "broken", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelStreamErrorException"},
			},
			Close: func() {},
		}
	})
}

// TestBegunAnswer leaves an answer that broke after its beginning alone.
func TestBegunAnswer(t *testing.T) {
	f := &flaky{failures: []error{upstream(503, 0)}, begin: true}
	a, err := providertest.Collect(t, t.Context(), retry.New(f, retry.Options{}), call)
	if err == nil || len(a.Events) != 1 || len(f.asked) != 1 {
		t.Errorf("%d attempts, %d events, error %v", len(f.asked), len(a.Events), err)
	}
}

// TestContextEnds gives up a wait whose caller has left.
func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f := &flaky{failures: slices.Repeat([]error{upstream(429, 3*time.Second)}, 9)}
		start := time.Now()
		_, err := providertest.Collect(t, ctx, retry.New(f, retry.Options{}), call)
		if err == nil || len(f.asked) != 1 || time.Since(start) != time.Second {
			t.Errorf("%d attempts in %v, error %v", len(f.asked), time.Since(start), err)
		}
	})
}

// TestAbilities shows what the decorated provider can, and no more.
func TestAbilities(t *testing.T) {
	bare := struct{ provider.Provider }{&flaky{}}
	p := retry.New(bare, retry.Options{})
	if _, ok := p.(provider.TokenCounter); ok {
		t.Error("the provider became a TokenCounter")
	}
	if a := p.(provider.Capable).Abilities("m"); a != (provider.Abilities{}) {
		t.Errorf("the provider carries %+v", a)
	}
}

func (f *flaky) Embed(context.Context, provider.EmbedCall) (*provider.Embeddings, error) {
	return &provider.Embeddings{InputTokens: 7}, f.next()
}

func (f *flaky) Rerank(context.Context, provider.RerankCall) ([]float64, error) {
	return []float64{1}, f.next()
}

// What is not a conversation is tried again too.
func TestRetryVectors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &flaky{failures: []error{upstream(503, 0), upstream(503, 0)}}
		vectors, err := provider.Embed(t.Context(), retry.New(from, retry.Options{}), provider.EmbedCall{})
		if err != nil || vectors.InputTokens != 7 || len(from.asked) != 3 {
			t.Errorf("%+v, %v after %d attempts", vectors, err, len(from.asked))
		}
		from = &flaky{failures: []error{upstream(503, 0)}}
		relevance, err := provider.Rerank(t.Context(), retry.New(from, retry.Options{}), provider.RerankCall{})
		if err != nil || len(relevance) != 1 || len(from.asked) != 2 {
			t.Errorf("%v, %v after %d attempts", relevance, err, len(from.asked))
		}
	})
}

// One that has no vectors refuses, at once.
func TestNoVectors(t *testing.T) {
	p := retry.New(provider.NoConversation{}, retry.Options{})
	const want = "The requested operation is not supported for the provided model."
	_, embedErr := provider.Embed(t.Context(), p, provider.EmbedCall{})
	_, rerankErr := provider.Rerank(t.Context(), p, provider.RerankCall{})
	for _, err := range []error{embedErr, rerankErr} {
		if x, ok := errors.AsType[*bedrock.ValidationException](err); !ok || x.Message != want {
			t.Errorf("the error is %v", err)
		}
	}
}
