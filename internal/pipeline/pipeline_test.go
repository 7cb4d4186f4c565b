package pipeline_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
)

const haiku = "anthropic.claude-3-haiku-20240307-v1:0"

// noted notes the call that it gets and answers it.
type noted struct {
	call provider.Call
	// broken is the error that ends its answer.
	broken error
}

func (n *noted) Converse(_ context.Context, call provider.Call) provider.Events {
	n.call = call
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Text("Hi")
		if n.broken != nil {
			w.Fail(n.broken)
		}
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 2})
	}
}

// counting can also count, and carries images for one model.
type counting struct{ noted }

func (c *counting) CountTokens(_ context.Context, call provider.Call) (int32, error) {
	c.call = call
	return 42, nil
}

func (c *counting) Abilities(model string) provider.Abilities {
	return provider.Abilities{Images: model == "upstream-model"}
}

// newPipeline maps one id with an upstream name, and all the others without.
func newPipeline(t *testing.T, p provider.Provider) *pipeline.Pipeline {
	t.Helper()
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{
		{ID: haiku, Provider: "p", Upstream: "upstream-model"},
		{ID: "amazon.nova-lite-v1:0", Provider: "gone"},
		{ID: "*", Provider: "p"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &pipeline.Pipeline{Catalog: models, Providers: map[string]provider.Provider{"p": p}}
}

func route(t *testing.T, p provider.Provider, id string) *pipeline.Route {
	t.Helper()
	to, err := newPipeline(t, p).Route(id, catalog.Service{})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestRouteRefuses(t *testing.T) {
	p := newPipeline(t, &noted{})
	_, err := p.Route("anthropic.claude-9-nonesuch-v1:0", catalog.Service{})
	if invalid, ok := errors.AsType[*bedrock.ValidationException](err); !ok || invalid.Message != "The provided model identifier is invalid." {
		t.Errorf("an unknown id: %v", err)
	}
	if _, err := p.Route("amazon.nova-lite-v1:0", catalog.Service{}); err == nil {
		t.Error("a provider that does not exist was found")
	} else if _, ok := errors.AsType[bedrock.Exception](err); ok {
		t.Errorf("the caller is told of it: %v", err)
	}
}

// TestCalls sees what the provider is asked.
func TestCalls(t *testing.T) {
	req := &bedrock.ConverseRequest{ModelId: haiku}
	for _, test := range []struct {
		id, model, requested string
	}{
		{haiku, "upstream-model", ""},
		{"us." + haiku, "upstream-model", ""},
		{"meta.llama3-8b-instruct-v1:0", "meta.llama3-8b-instruct-v1:0", "meta.llama3-8b-instruct-v1:0"},
		{"us.meta.llama3-2-1b-instruct-v1:0", "meta.llama3-2-1b-instruct-v1:0", "us.meta.llama3-2-1b-instruct-v1:0"},
	} {
		p := &counting{}
		to := route(t, p, test.id)
		for range to.Converse(t.Context(), req, new(pipeline.Timing)) {
		}
		if d := cmp.Diff(provider.Call{Model: test.model, Requested: test.requested, Request: req}, p.call); d != "" {
			t.Errorf("%s: Converse: %s", test.id, d)
		}
		for range to.ConverseStream(t.Context(), req, new(pipeline.Timing)) {
		}
		if d := cmp.Diff(provider.Call{Model: test.model, Requested: test.requested, Request: req, Incremental: true}, p.call); d != "" {
			t.Errorf("%s: ConverseStream: %s", test.id, d)
		}
	}
}

func TestCountTokens(t *testing.T) {
	can, cannot := route(t, &counting{}, haiku), route(t, &noted{}, haiku)
	if n, err := can.CountTokens(t.Context(), &bedrock.ConverseRequest{}); n != 42 || err != nil || !can.Counts() {
		t.Errorf("got %d, %v", n, err)
	}
	_, err := cannot.CountTokens(t.Context(), &bedrock.ConverseRequest{})
	if invalid, ok := errors.AsType[*bedrock.ValidationException](err); !ok || cannot.Counts() || invalid.Message != "The provided model doesn't support counting tokens." {
		t.Errorf("got %v", err)
	}
}

func TestAbilities(t *testing.T) {
	if !route(t, &counting{}, haiku).Abilities().Images {
		t.Error("the provider was not asked about the upstream model")
	}
	if got := route(t, &noted{}, haiku).Abilities(); got != (provider.Abilities{}) {
		t.Errorf("a provider that does not say carries %+v", got)
	}
}

// TestTiming fills in the latency, and notes what passed.
func TestTiming(t *testing.T) {
	var timing pipeline.Timing
	var types []string
	for event, err := range route(t, &noted{}, haiku).Converse(t.Context(), &bedrock.ConverseRequest{}, &timing) {
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, event.EventType())
		if event.Metadata != nil && event.Metadata.Metrics.LatencyMs != timing.Total.Milliseconds() {
			t.Errorf("latencyMs is %d of %v", event.Metadata.Metrics.LatencyMs, timing.Total)
		}
	}
	if d := cmp.Diff([]string{"messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}, types); d != "" {
		t.Error(d)
	}
	if timing.FirstByte <= 0 || timing.Total < timing.FirstByte || timing.Usage.TotalTokens != 3 {
		t.Errorf("noted %+v", timing)
	}
}

// TestEnds passes errors on, and asks for nothing once the consumer has left: the
// provider's writer would yield again.
func TestEnds(t *testing.T) {
	var last error
	for _, err := range route(t, &noted{broken: io.ErrUnexpectedEOF}, haiku).ConverseStream(t.Context(), &bedrock.ConverseRequest{}, new(pipeline.Timing)) {
		last = err
	}
	if !errors.Is(last, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", last)
	}
	for range route(t, &noted{}, haiku).ConverseStream(t.Context(), &bedrock.ConverseRequest{}, new(pipeline.Timing)) {
		break
	}
}
