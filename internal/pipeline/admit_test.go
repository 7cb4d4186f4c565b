package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

const sonnet = "anthropic.claude-sonnet-4-20250514-v1:0"

// limited is a route of one bucket, whose clock stands still.
type limited struct {
	*testing.T
	*pipeline.Route
	limiter *memory.Limiter
}

func newLimited(t *testing.T, p provider.Provider, model string, rule quota.Rule) limited {
	t.Helper()
	rule.Name, rule.Principals = "all", []string{"*:user/alice"}
	rules, err := quota.NewRules([]quota.Rule{rule})
	if err != nil {
		t.Fatal(err)
	}
	pipes := newPipeline(t, p)
	limiter := memory.New(rules, quotatest.NewClock().Now)
	pipes.Quota = limiter
	to, err := pipes.Route(model, catalog.Service{})
	if err != nil {
		t.Fatal(err)
	}
	to.Caller = identity.Principal{ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333"}
	return limited{t, to, limiter}
}

// used is how much of a limit is used, and how many requests run.
func (l limited) used(kind quota.Kind) int64 {
	l.Helper()
	buckets, err := l.limiter.Buckets(l.Context(), 10)
	if err != nil {
		l.Fatal(err)
	}
	for _, b := range buckets {
		for _, level := range b.Levels {
			if level.Kind == kind {
				return level.Used
			}
		}
	}
	return 0
}

// request has an input that is guessed to be of 5 tokens.
func request(maxTokens *int32) *bedrock.ConverseRequest {
	return &bedrock.ConverseRequest{
		Messages:        []bedrock.Message{{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("word")}}}},
		InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: maxTokens},
	}
}

// answer ranges over an answer; see is called for each event until it has had enough.
func (l limited) answer(req *bedrock.ConverseRequest, see func(bedrock.ConverseStreamOutput) (more bool)) error {
	for event, err := range l.ConverseStream(l.Context(), req, new(pipeline.Timing)) {
		if err != nil {
			return err
		}
		if !see(event) {
			return nil
		}
	}
	return nil
}

// TestQuotaOfConverse reserves what may be used and settles what was.
func TestQuotaOfConverse(t *testing.T) {
	for name, test := range map[string]struct {
		provider  provider.Provider
		model     string
		maxTokens *int32
		// leave ends the answer at the first content; reserved is used while it runs,
		// settled after it.
		leave             bool
		reserved, settled int64
	}{
		"guessed":    {&noted{}, haiku, new(int32(100)), false, 105, 3},
		"counted":    {&local{}, haiku, new(int32(100)), false, 142, 3},
		"no bound":   {&noted{}, haiku, nil, false, 5 + 4096, 3},
		"weighed":    {&noted{}, sonnet, new(int32(100)), false, 105, 1 + 5*2},
		"left":       {&noted{}, sonnet, new(int32(100)), true, 105, 5 + 5*1},
		"whole":      {&noted{}, sonnet, nil, false, 10_000, 1 + 5*2},
		"broken off": {&noted{broken: io.ErrUnexpectedEOF}, haiku, new(int32(100)), false, 105, 5 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimited(t, test.provider, test.model, quota.Rule{TokensPerMinute: 10_000, Concurrent: 1})
			err := l.answer(request(test.maxTokens), func(event bedrock.ConverseStreamOutput) bool {
				if got := l.used(quota.TokensPerMinute); got != test.reserved || l.used(quota.Concurrent) != 1 {
					t.Errorf("%d tokens are reserved, want %d", got, test.reserved)
				}
				if event.Metadata != nil {
					event.Metadata.Usage = bedrock.TokenUsage{} // as who shows it may
				}
				return event.ContentBlockDelta == nil || !test.leave
			})
			if broken := name == "broken off"; (err != nil) != broken {
				t.Error(err)
			}
			if got := l.used(quota.TokensPerMinute); got != test.settled || l.used(quota.Concurrent) != 0 {
				t.Errorf("%d tokens are used, want %d", got, test.settled)
			}
		})
	}
}

// local counts on this machine.
type local struct{ counting }

func (*local) CountsLocally() {}

// TestQuotaRefuses answers nothing, and asks the provider nothing.
func TestQuotaRefuses(t *testing.T) {
	p := &noted{}
	l := newLimited(t, p, haiku, quota.Rule{RequestsPerMinute: 1, TokensPerMinute: 100})
	all := func(bedrock.ConverseStreamOutput) bool { return true }
	l.Operation = bedrock.OperationInvokeModel
	_, isFinal := errors.AsType[*bedrock.ServiceQuotaExceededException](l.answer(request(new(int32(101))), all))
	if !isFinal {
		t.Error("what never fits may be tried again")
	}
	if err := l.answer(request(new(int32(50))), all); err != nil {
		t.Fatal(err)
	}
	p.call = provider.Call{}
	_, isThrottled := errors.AsType[*bedrock.ThrottlingException](l.answer(request(new(int32(50))), all))
	if !isThrottled || p.call.Request != nil {
		t.Error("a second request in a minute was answered")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range l.Converse(ctx, request(nil), new(pipeline.Timing)) {
		if _, ok := errors.AsType[*bedrock.ThrottlingException](err); !ok {
			t.Errorf("got %v", err)
		}
	}
	l.Caller.ARN = "arn:aws:iam::111122223333:user/bob"
	if err := l.answer(request(nil), all); err != nil || p.call.Caller != l.Caller.ARN {
		t.Errorf("another one: %v, called by %q", err, p.call.Caller)
	}
}

// TestQuotaOfSession counts a session as its role, in quotas and in the turns of
// providers: whoever assumes the role chooses the name.
func TestQuotaOfSession(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/team/batch"
	p := &noted{}
	rules, err := quota.NewRules([]quota.Rule{{Name: "each", Principals: []string{"*:assumed-role/*"}, Per: []quota.Dimension{quota.PerPrincipal}, RequestsPerMinute: 2}})
	if err != nil {
		t.Fatal(err)
	}
	pipes := newPipeline(t, p)
	limiter := memory.New(rules, quotatest.NewClock().Now)
	pipes.Quota = limiter
	var last error
	for _, name := range []string{"one", "two", "three"} {
		to, err := pipes.Route(haiku, catalog.Service{})
		if err != nil {
			t.Fatal(err)
		}
		to.Caller = identity.Principal{
			ARN: "arn:aws:sts::111122223333:assumed-role/batch/" + name, Account: "111122223333",
			Session: &identity.Session{RoleARN: role, Name: name},
		}
		p.call = provider.Call{}
		last = limited{t, to, limiter}.answer(request(new(int32(1))), func(bedrock.ConverseStreamOutput) bool { return true })
		if name != "three" && (last != nil || p.call.Caller != role) {
			t.Errorf("session %s: %v, called by %q", name, last, p.call.Caller)
		}
	}
	if _, ok := errors.AsType[*bedrock.ThrottlingException](last); !ok {
		t.Errorf("a session of another name: %v", last)
	}
	buckets, err := limiter.Buckets(t.Context(), 10)
	if err != nil || len(buckets) != 1 || buckets[0].Principal != role {
		t.Errorf("what is left: %+v, %v", buckets, err)
	}
}

// TestQuotaOfCount counts requests; counts of the house's own are free.
func TestQuotaOfCount(t *testing.T) {
	l := newLimited(t, &counting{}, haiku, quota.Rule{RequestsPerMinute: 1, TokensPerMinute: 1, Concurrent: 1})
	for range 2 {
		if n, err := l.InputTokens(t.Context(), request(nil)); n != 42 || err != nil {
			t.Error(n, err)
		}
	}
	if n, err := l.CountTokens(t.Context(), request(nil)); n != 42 || err != nil {
		t.Error(n, err)
	}
	if _, err := l.CountTokens(t.Context(), request(nil)); err == nil {
		t.Error("a second count was free")
	}
	if n := l.used(quota.TokensPerMinute); n != 0 {
		t.Errorf("%d tokens are used", n)
	}
}

// maker makes everything but conversations.
type maker struct {
	provider.NoConversation
	caller string
}

func (m *maker) Embed(_ context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	m.caller = call.Caller
	return &provider.Embeddings{Vectors: [][]float32{{1}}, InputTokens: 7}, nil
}

func (m *maker) Rerank(_ context.Context, call provider.RerankCall) ([]float64, error) {
	m.caller = call.Caller
	return []float64{1}, nil
}

func (*maker) GenerateImages(context.Context, provider.ImageCall) ([][]byte, error) {
	return [][]byte{nil}, nil
}

// TestQuotaOfTheRest counts vectors by their tokens, rankings and images as requests.
func TestQuotaOfTheRest(t *testing.T) {
	p := &maker{}
	l := newLimited(t, p, haiku, quota.Rule{RequestsPerMinute: 3, TokensPerMinute: 10, Concurrent: 1})
	do := func() (errs [3]error) {
		_, errs[0] = l.Embed(t.Context(), provider.EmbedCall{Texts: []string{"one two three"}}, new(pipeline.Timing))
		_, errs[1] = l.Rerank(t.Context(), provider.RerankCall{Query: "q", Documents: []string{"d"}}, new(pipeline.Timing))
		_, errs[2] = l.GenerateImages(t.Context(), provider.ImageCall{}, new(pipeline.Timing))
		return errs
	}
	if errs := do(); errs != [3]error{} || p.caller != l.Caller.ARN {
		t.Errorf("%v, called by %q", errs, p.caller)
	}
	if n := l.used(quota.TokensPerMinute); n != 7 || l.used(quota.Concurrent) != 0 {
		t.Errorf("%d tokens are used", n)
	}
	for i, err := range do() {
		if _, ok := errors.AsType[*bedrock.ThrottlingException](err); !ok {
			t.Errorf("%d: got %v", i, err)
		}
	}
}

// passing answers as Bedrock itself does.
type passing struct {
	provider.Provider
	pieces []provider.Piece
}

func (p passing) Forward(context.Context, provider.RawCall) provider.Pieces {
	return func(yield func(provider.Piece, error) bool) {
		for _, piece := range p.pieces {
			if !yield(piece, nil) {
				return
			}
		}
	}
}

func frame(t *testing.T, event, payload string) []byte {
	t.Helper()
	var f eventstream.Frame
	f.BeginEvent(event)
	if _, err := f.Write([]byte(payload)); err != nil {
		t.Fatal(err)
	}
	f.End()
	return f.Bytes()
}

// TestQuotaOfForward reads what an answer of Bedrock's says that it used.
func TestQuotaOfForward(t *testing.T) {
	streamed := http.Header{"Content-Type": {eventstream.ContentType}}
	chunk, err := json.Marshal(bedrock.PayloadPart{Bytes: []byte(
		`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":10,"outputTokenCount":2,"cacheWriteInputTokenCount":3,"cacheReadInputTokenCount":50}}`)})
	if err != nil {
		t.Fatal(err)
	}
	const usage = `"usage":{"inputTokens":10,"outputTokens":2,"cacheWriteInputTokens":3,"cacheReadInputTokens":50}`
	for name, test := range map[string]struct {
		op     bedrock.Operation
		pieces []provider.Piece
		want   int64
	}{
		"converse": {bedrock.OperationConverse, []provider.Piece{{
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"output":{},` + usage + `}`),
		}}, 10 + 3 + 5*2},
		"converse stream": {bedrock.OperationConverseStream, []provider.Piece{
			{Header: streamed, Body: frame(t, "messageStart", `{"role":"assistant"}`)},
			{Body: append(frame(t, "messageStop", `{}`), frame(t, "metadata", `{`+usage+`}`)...)},
		}, 10 + 3 + 5*2},
		"invoke": {bedrock.OperationInvokeModel, []provider.Piece{{Body: []byte("{}"), Header: http.Header{
			"X-Amzn-Bedrock-Input-Token-Count": {"10"}, "X-Amzn-Bedrock-Output-Token-Count": {"2"}, "X-Amzn-Bedrock-Cache-Write-Input-Token-Count": {"3"},
		}}}, 10 + 3 + 5*2},
		"invoke stream": {bedrock.OperationInvokeModelWithResponseStream, []provider.Piece{
			{Header: streamed, Body: frame(t, "chunk", `{"bytes":"e30="}`)}, {Body: frame(t, "chunk", string(chunk))},
		}, 10 + 3 + 5*2},
		"count":     {bedrock.OperationCountTokens, []provider.Piece{{Header: http.Header{}, Body: []byte(`{"inputTokens":10}`)}}, 0},
		"not begun": {bedrock.OperationConverseStream, []provider.Piece{{Header: streamed, Body: frame(t, "messageStart", `{}`)}}, 0},
		"cut off": {bedrock.OperationConverseStream, []provider.Piece{
			{Header: streamed, Body: frame(t, "messageStart", `{}`)},
			{Body: frame(t, "contentBlockDelta", `{}`)}, {Body: frame(t, "contentBlockDelta", `{}`)},
		}, 1 + 5*2},
		"invoke cut off": {bedrock.OperationInvokeModelWithResponseStream, []provider.Piece{
			{Header: streamed, Body: frame(t, "chunk", `{"bytes":"e30="}`)}, {Body: frame(t, "chunk", `{"bytes":"e30="}`)},
		}, 1 + 5*2},
		"nothing": {bedrock.OperationConverse, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimited(t, passing{pieces: test.pieces}, sonnet, quota.Rule{RequestsPerMinute: 1, TokensPerMinute: 1000})
			for range 2 {
				pieces, ok := l.Forward(t.Context(), provider.RawCall{Operation: test.op, Body: []byte("{}")})
				if !ok {
					t.Fatal("it does not pass")
				}
				for _, err := range pieces {
					if _, ok := errors.AsType[*bedrock.ThrottlingException](err); err != nil && !ok {
						t.Error(err)
					}
				}
			}
			if got := l.used(quota.TokensPerMinute); got != test.want || l.used(quota.RequestsPerMinute) != 1 {
				t.Errorf("%d tokens are used, want %d", got, test.want)
			}
		})
	}
}

// BenchmarkAdmission is what an answer costs in the pipeline, by the number of rules.
func BenchmarkAdmission(b *testing.B) {
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{{ID: "*", Provider: "p"}}})
	if err != nil {
		b.Fatal(err)
	}
	for name, count := range map[string]int{"no rule": 0, "1 rule": 1, "5 rules": 5} {
		var all []quota.Rule
		for i := range count {
			all = append(all, quota.Rule{Name: string(rune('a' + i)), Per: []quota.Dimension{quota.PerPrincipal}, RequestsPerMinute: 1e15, TokensPerMinute: 1e15, Concurrent: 10})
		}
		rules, err := quota.NewRules(all)
		if err != nil {
			b.Fatal(err)
		}
		pipes := &pipeline.Pipeline{Catalog: models, Providers: map[string]provider.Provider{"p": &noted{}}}
		if count > 0 {
			pipes.Quota = memory.New(rules, nil)
		}
		b.Run(name, func(b *testing.B) {
			to, err := pipes.Route(haiku, catalog.Service{})
			if err != nil {
				b.Fatal(err)
			}
			req := request(new(int32(100)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range to.ConverseStream(b.Context(), req, new(pipeline.Timing)) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
