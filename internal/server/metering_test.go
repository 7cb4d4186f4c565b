package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/server"
)

// ledger is the store of usage, by request id.
type ledger struct {
	mu      sync.Mutex
	records map[string]meter.Record
	journal *meter.Journal
}

func (l *ledger) AddUsage(_ context.Context, records []meter.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		l.records[r.RequestID] = r
	}
	return nil
}

// of gives the record of an answer, which is there as soon as the answer is.
func (l *ledger) of(t *testing.T, header http.Header) meter.Record {
	t.Helper()
	if err := l.journal.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.records[header.Get("X-Amzn-RequestId")]
	if !ok {
		t.Fatal("the answer has no record")
	}
	return r
}

// metered makes a server that keeps what is used.
func metered(t *testing.T, o server.Options, budgets ...meter.Budget) (*server.Server, *ledger) {
	t.Helper()
	l := &ledger{records: map[string]meter.Record{}}
	var err error
	l.journal, err = meter.OpenJournal(meter.JournalOptions{Dir: filepath.Join(t.TempDir(), "usage"), Sink: l, Interval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.journal.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Meter = &meter.Meter{
		Prices:  meter.NewPrices(meter.Price{Model: "*", Rates: meter.Rates{Input: 1_000_000, Output: 2_000_000}}),
		Budgets: meter.NewBudgets(budgets, memory.New(nil, nil), nil, nil),
		Journal: l.journal,
	}
	return server.New(o), l
}

// what compares records but for their times and ids.
var what = cmpopts.IgnoreFields(meter.Record{}, "RequestID", "Time", "FirstToken", "Total")

const (
	localRoot = "arn:aws:iam::000000000000:root"
	everybody = "000000000000"
)

// Each operation leaves a record, whatever comes of it.
func TestMetered(t *testing.T) {
	house, l := metered(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, `
rules:
  - {when: {text: fail}, error: ThrottlingException}
  - {when: {text: break}, reply: One two three four, error: {type: ModelStreamErrorException, after: 3}}
default: {reply: Hello there., usage: {inputTokens: 10, outputTokens: 20, cacheReadInputTokens: 3000, cacheWriteInputTokens: 4000}}
`)))
	web := serve(t, house)
	client := newClient(t, http1)
	const (
		talk   = `{"messages":[{"role":"user","content":[{"text":"TEXT"}]}],"requestMetadata":{"team":"a"},"serviceTier":{"type":"flex"}}`
		native = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"TEXT"}]}`
		count  = `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}}}`
	)
	counts := meter.Counts{InputTokens: 10, OutputTokens: 20, CacheReadTokens: 3000, CacheWriteTokens: 4000}
	record := meter.Record{
		Account: everybody, Principal: localRoot, Operation: "Converse", Model: claude, Provider: "test",
		ServiceTier: "flex", Status: 200, Counts: counts, Cost: 50_000, Metadata: map[string]string{"team": "a"},
	}
	with := func(change func(*meter.Record)) meter.Record {
		r := record
		change(&r)
		return r
	}
	for _, test := range []struct {
		name, path, body string
		want             meter.Record
	}{
		{"Converse", "/converse", talk, record},
		{"ConverseStream", "/converse-stream", talk, with(func(r *meter.Record) { r.Operation = "ConverseStream" })},
		{"InvokeModel", "/invoke", native, with(func(r *meter.Record) {
			r.Operation, r.ServiceTier, r.Metadata = "InvokeModel", "priority", map[string]string{"team": "b"}
		})},
		{"InvokeModelWithResponseStream", "/invoke-with-response-stream", native, with(func(r *meter.Record) {
			r.Operation, r.ServiceTier, r.Metadata = "InvokeModelWithResponseStream", "priority", map[string]string{"team": "b"}
		})},
		{"CountTokens", "/count-tokens", count, with(func(r *meter.Record) {
			r.Operation, r.ServiceTier, r.Metadata, r.Counts, r.Cost = "CountTokens", "", nil, meter.Counts{}, 0
		})},
		{"an error of the model", "/converse", strings.Replace(talk, "TEXT", "fail", 1), with(func(r *meter.Record) {
			r.Status, r.Error, r.Counts, r.Cost = 429, "ThrottlingException", meter.Counts{}, 0
		})},
		{"an error of the model's before the stream", "/converse-stream", strings.Replace(talk, "TEXT", "fail", 1), with(func(r *meter.Record) {
			r.Operation, r.Status, r.Error, r.Counts, r.Cost = "ConverseStream", 429, "ThrottlingException", meter.Counts{}, 0
		})},
		{"an error within the stream", "/converse-stream", strings.Replace(talk, "TEXT", "break", 1), with(func(r *meter.Record) {
			r.Operation, r.Status, r.Error = "ConverseStream", 424, "ModelStreamErrorException"
			r.Counts, r.Cost = meter.Counts{InputTokens: 6, OutputTokens: 3}, 12_000
		})},
		{"an error of the caller's", "/converse", `{"messages":[{"role":"x","content":[]}]}`, with(func(r *meter.Record) {
			r.Status, r.Error, r.Counts, r.Cost, r.Metadata, r.Model, r.Provider, r.ServiceTier = 400, "ValidationException", meter.Counts{}, 0, nil, "", "", ""
		})},
		{"no JSON", "/converse", `{`, with(func(r *meter.Record) {
			r.Status, r.Error, r.Counts, r.Cost, r.Metadata, r.Model, r.Provider, r.ServiceTier = 400, "SerializationException", meter.Counts{}, 0, nil, "", "", ""
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := newRequest(t, t.Context(), web.URL+claudePath+test.path, test.body)
			request.Header.Set("X-Amzn-Bedrock-Service-Tier", "priority")
			request.Header.Set("X-Amzn-Bedrock-Request-Metadata", `{"team":"b"}`)
			got := do(t, client, request)
			r := l.of(t, got.header)
			if d := gocmp.Diff(test.want, r, what); d != "" {
				t.Errorf("%d %s\n%s", got.status, got.body, d)
			}
			if r.Time.IsZero() || r.Total <= 0 || r.OutputTokens > 0 && r.FirstToken <= 0 {
				t.Errorf("times: %+v", r)
			}
		})
	}
}

// A stream that breaks, and one whose caller leaves, count what was seen of them.
func TestMeteredInPart(t *testing.T) {
	overBoth(t, func(t *testing.T, client *http.Client) {
		from := newStepped()
		house, l := metered(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from))
		web := serve(t, house)
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		response := open(t, ctx, client, web.URL+claudePath+"/converse-stream", conversationBody)
		from.words <- "one"
		from.words <- "two"
		from.words <- "three" // when it is taken, the first two have passed
		leave()
		response.Body.Close()
		<-from.left
		for l.journal.Stats().Appended == 0 {
			time.Sleep(time.Millisecond)
		}
		r := l.of(t, response.Header)
		if r.Status != 499 || r.Error != "Canceled" || r.OutputTokens < 2 || r.OutputTokens > 3 || r.InputTokens == 0 || r.Cost == 0 {
			t.Errorf("got %+v", r)
		}
	})
}

// A call whose answer ends in a panic is on record as an error, once, also where the
// answer has begun.
func TestMeteredPanic(t *testing.T) {
	for _, begins := range []bool{false, true} {
		for _, path := range []string{"/converse", "/converse-stream", "/invoke-with-response-stream"} {
			house, l := metered(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), panics{begins: begins}))
			body := conversationBody
			if strings.Contains(path, "invoke") {
				body = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}`
			}
			web := serve(t, house)
			response, err := newClient(t, h2c).Do(newRequest(t, t.Context(), web.URL+claudePath+path, body))
			if err == nil {
				_, _ = io.Copy(io.Discard, response.Body) // it may break off
				response.Body.Close()
			}
			house.Drain()
			if err := l.journal.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(l.records) != 1 || l.journal.Stats().Appended != 1 {
				t.Fatalf("%s: %d records", path, len(l.records))
			}
			for _, r := range l.records {
				if r.Status != 500 || r.Error != "InternalServerException" {
					t.Errorf("%s, begins %t: %+v", path, begins, r)
				}
			}
		}
	}
}

// What a real Bedrock's answers took is read as they pass.
func TestMeteredForward(t *testing.T) {
	const usage = `"usage":{"inputTokens":10,"outputTokens":20,"totalTokens":30,"cacheReadInputTokens":3,"cacheWriteInputTokens":4}`
	counts := meter.Counts{InputTokens: 10, OutputTokens: 20, CacheReadTokens: 3, CacheWriteTokens: 4}
	// The base64 of the native chunks {"x":1} and of one with metrics.
	const chunk, last = `{"bytes":"eyJ4IjoxfQ=="}`,
		`{"bytes":"eyJ4IjoyLCJhbWF6b24tYmVkcm9jay1pbnZvY2F0aW9uTWV0cmljcyI6eyJpbnB1dFRva2VuQ291bnQiOjEwLCJvdXRwdXRUb2tlbkNvdW50IjoyMCwiY2FjaGVSZWFkSW5wdXRUb2tlbkNvdW50IjozLCJjYWNoZVdyaXRlSW5wdXRUb2tlbkNvdW50Ijo0fX0="}`
	stream := http.Header{"Content-Type": {eventstream.ContentType}, "X-Amzn-Bedrock-Service-Tier": {"flex"}}
	headers := http.Header{
		"Content-Type": {"application/json"}, "X-Amzn-Bedrock-Input-Token-Count": {"10"}, "X-Amzn-Bedrock-Output-Token-Count": {"20"},
		"X-Amzn-Bedrock-Cache-Read-Input-Token-Count": {"3"}, "X-Amzn-Bedrock-Cache-Write-Input-Token-Count": {"4"},
	}
	gone := &bedrock.ModelStreamErrorException{Message: "Gone."}
	for _, test := range []struct {
		name, model, operation string
		up                     *passing
		want                   meter.Counts
		tier                   string
		status                 int
	}{
		{"Converse", claude, "converse", &passing{pieces: []provider.Piece{{Body: []byte(`{"other":[1],` + usage + `,"serviceTier":{"type":"priority"}}`)}}}, counts, "priority", 200},
		{"ConverseStream", claude, "converse-stream", &passing{pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "contentBlockDelta", `{}`)}, {Body: frame(t, "messageStop", `{}`)}, {Body: frame(t, "metadata", `{`+usage+`}`)},
		}}, counts, "flex", 200},
		{"InvokeModel", claude, "invoke", &passing{pieces: []provider.Piece{{Header: headers, Body: []byte(`{}`)}}}, counts, "default", 200},
		{"InvokeModelWithResponseStream", claude, "invoke-with-response-stream", &passing{pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "chunk", chunk)}, {Body: frame(t, "chunk", last)},
		}}, counts, "flex", 200},
		{"images", "amazon.nova-canvas-v1:0", "invoke", &passing{pieces: []provider.Piece{{Body: []byte(`{"images":["a","b"]}`)}}}, meter.Counts{Images: 2}, "default", 200},
		{"a vector", titanEmbed, "invoke", &passing{pieces: []provider.Piece{{Body: []byte(`{"embedding":[1,2],"inputTextTokenCount":3}`)}}}, meter.Counts{Embeddings: 1}, "default", 200},
		{"vectors by type", cohereEmbed, "invoke", &passing{pieces: []provider.Piece{{Body: []byte(`{"embeddings":{"float":[[1],[2]],"int8":[[1],[2]]}}`)}}}, meter.Counts{Embeddings: 2}, "default", 200},
		{"a stream that breaks", claude, "converse-stream", &passing{err: gone, pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "contentBlockDelta", `{}`)}, {Body: frame(t, "contentBlockDelta", `{}`)},
		}}, meter.Counts{OutputTokens: 2}, "flex", 424},
		{"a stream that ends in an exception", claude, "converse-stream", &passing{pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "contentBlockDelta", `{}`)}, {Body: exceptionFrame(t, "throttlingException", `{"message":"Slow down."}`)},
		}}, meter.Counts{OutputTokens: 1}, "flex", 429},
		{"a native stream that ends in an exception", claude, "invoke-with-response-stream", &passing{pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "chunk", chunk)}, {Body: exceptionFrame(t, "modelStreamErrorException", `{"message":"Gone.","originalStatusCode":500}`)},
		}}, meter.Counts{OutputTokens: 1}, "flex", 424},
		{"an answer of another kind", claude, "converse", &passing{pieces: []provider.Piece{{Body: []byte(`no JSON`)}}}, meter.Counts{}, "default", 200},
		{"a refusal", claude, "invoke", &passing{err: &bedrock.ThrottlingException{}}, meter.Counts{}, "default", 429},
	} {
		t.Run(test.name, func(t *testing.T) {
			house, l := metered(t, options(newCatalog(t, catalog.Mapping{ID: test.model, Provider: "test"}), test.up))
			response := postWith(t, serve(t, house).URL+"/model/us."+test.model+"/"+test.operation, `{"messages":[]}`)
			readAll(t, response.Body)
			r := l.of(t, response.Header)
			if d := gocmp.Diff(test.want, r.Counts); d != "" || r.ServiceTier != test.tier || r.Status != test.status {
				t.Errorf("status %d, tier %s\n%s", r.Status, r.ServiceTier, d)
			}
			if want := "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us." + test.model; r.Model != test.model || r.Profile != want {
				t.Errorf("the model %s by %s", r.Model, r.Profile)
			}
		})
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

func exceptionFrame(t *testing.T, exception, payload string) []byte {
	t.Helper()
	var f eventstream.Frame
	f.BeginException(exception)
	if _, err := f.Write([]byte(payload)); err != nil {
		t.Fatal(err)
	}
	f.End()
	return f.Bytes()
}

// Vectors and images are counted beside tokens.
func TestMeteredUnits(t *testing.T) {
	var mappings []catalog.Mapping
	for _, id := range []string{titanEmbed, cohereRank} {
		mappings = append(mappings, catalog.Mapping{ID: id, Provider: "test"})
	}
	house, l := metered(t, options(newCatalog(t, mappings...), &vectors{}))
	web, client := serve(t, house), newClient(t, h2c)
	got := post(t, client, web.URL+"/model/"+titanEmbed+"/invoke", `{"inputText":"Hi"}`)
	if r := l.of(t, got.header); r.Counts != (meter.Counts{InputTokens: 5, Embeddings: 1}) {
		t.Errorf("vectors: %+v", r)
	}
	got = post(t, client, web.URL+"/model/"+cohereRank+"/invoke", `{"query":"q","documents":["a","b"],"api_version":2}`)
	if r := l.of(t, got.header); r.Status != 200 || r.Counts != (meter.Counts{}) {
		t.Errorf("a ranking: %+v", r)
	}
}

// When a budget is spent, calls of its kind are refused, and are on record.
func TestBudgetSpent(t *testing.T) {
	house, l := metered(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t,
		`default: {reply: Hi, usage: {inputTokens: 10, outputTokens: 20}}`)),
		meter.Budget{Name: "team", Per: meter.FieldOfMetadata("team"), Only: "a", Period: meter.Daily, Amount: 100_000})
	web, client := serve(t, house), newClient(t, http1)
	ask := func(team string) answered {
		return post(t, client, web.URL+claudePath+"/converse",
			`{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"requestMetadata":{"team":"`+team+`"}}`)
	}
	for i := range 2 {
		if got := ask("a"); got.status != 200 {
			t.Fatalf("call %d: %s", i, got.body)
		}
	}
	got := ask("a")
	if got.status != 400 || !strings.HasPrefix(got.header.Get("X-Amzn-Errortype"), "ServiceQuotaExceededException") || !strings.Contains(messageOf(t, got), "budget team of a is spent") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if r := l.of(t, got.header); r.Error != "ServiceQuotaExceededException" || r.Model != claude || r.Cost != 0 {
		t.Errorf("the record %+v", r)
	}
	if got := ask("b"); got.status != 200 {
		t.Errorf("another team: %s", got.body)
	}
}

// watched notes how many records there are at each write.
type watched struct {
	*httptest.ResponseRecorder
	records func() int64
	seen    []int64
}

func (w *watched) Write(p []byte) (int, error) {
	w.seen = append(w.seen, w.records())
	return w.ResponseRecorder.Write(p)
}

// The record is there before the last of the answer leaves.
func TestMeteredBeforeTheEnd(t *testing.T) {
	const native = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}`
	bodies := map[string]string{
		"/converse": conversationBody, "/converse-stream": conversationBody, "/invoke": native, "/invoke-with-response-stream": native,
		"/count-tokens": `{"input":{"converse":` + conversationBody + `}}`,
	}
	for _, up := range []provider.Provider{
		scripted(t, `default: {reply: One two three.}`),
		&passing{pieces: []provider.Piece{{Body: []byte(`{}`)}}},
		&passing{err: &bedrock.ThrottlingException{}},
	} {
		for operation, body := range bodies {
			recordedInTime(t, up, operation, body)
		}
	}
	stream := http.Header{"Content-Type": {eventstream.ContentType}}
	recordedInTime(t, &passing{pieces: []provider.Piece{
		{Header: stream, Body: frame(t, "metadata", `{"usage":{"inputTokens":1}}`)},
	}}, "/converse-stream", conversationBody)
}

func recordedInTime(t *testing.T, up provider.Provider, operation, body string) {
	t.Helper()
	house, l := metered(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), up))
	w := &watched{ResponseRecorder: httptest.NewRecorder(), records: func() int64 { return l.journal.Stats().Appended }}
	here := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	r := httptest.NewRequestWithContext(here, http.MethodPost, claudePath+operation, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	house.ServeHTTP(w, r)
	if n := len(w.seen); n == 0 || w.seen[n-1] != 1 || l.journal.Stats().Appended != 1 {
		t.Errorf("%T %s: records at each write: %v", up, operation, w.seen)
	}
}
