package server_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// archive is where records of invocations go.
type archive struct {
	*ledger
	log     *invocationlog.Log
	objects objectstore.Store
}

// archived makes a server that records what the data are that are named.
func archived(t *testing.T, o server.Options, without ...string) (*server.Server, *archive) {
	t.Helper()
	state, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	has := func(data string) *bool { return new(!slices.Contains(without, data)) }
	a := &archive{objects: folder.New(t.TempDir())}
	a.log, err = invocationlog.Open(invocationlog.Options{
		Settings: state, Objects: a.objects, Spool: spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), GroupTime: time.Hour},
		Default: &bedrock.LoggingConfig{
			S3Config: &bedrock.S3Config{BucketName: new("logs"), KeyPrefix: new("p")}, TextDataDeliveryEnabled: has("text"),
			ImageDataDeliveryEnabled: has("image"), EmbeddingDataDeliveryEnabled: has("embedding"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.log.Close(); err != nil {
			t.Error(err)
		}
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Invocations = a.log
	house, l := metered(t, o)
	a.ledger = l
	return house, a
}

// record gives the record of an answer, whose counts MUST be those of its usage.
func (a *archive) record(t *testing.T, header http.Header) invocationlog.Record {
	t.Helper()
	used := a.of(t, header)
	all := a.records(t)
	at := slices.IndexFunc(all, func(r invocationlog.Record) bool { return r.RequestID == used.RequestID })
	if at < 0 {
		t.Fatalf("the answer has no record among %d", len(all))
	}
	r := all[at]
	counts := meter.Counts{
		InputTokens: r.Input.TokenCount, CacheReadTokens: r.Input.CacheReadCount, CacheWriteTokens: r.Input.CacheWriteCount,
		Images: used.Images, Embeddings: used.Embeddings,
	}
	if r.Output != nil {
		counts.OutputTokens = r.Output.TokenCount
	}
	if d := gocmp.Diff(used.Counts, counts); d != "" || r.ErrorCode != used.Error || r.Timestamp != used.Time.UTC().Format(time.RFC3339) {
		t.Errorf("usage %+v\nrecord %+v\n%s", used, r, d)
	}
	return r
}

func (a *archive) records(t *testing.T) (all []invocationlog.Record) {
	t.Helper()
	if err := a.log.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for info, err := range a.objects.List(t.Context(), "logs", "p/AWSLogs/") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(info.Name.Key, "/data/") {
			continue
		}
		for line := range strings.Lines(a.read(t, info.Name)) {
			var r invocationlog.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			all = append(all, r)
		}
	}
	return all
}

func (a *archive) read(t *testing.T, name objectstore.Name) string {
	t.Helper()
	object, err := a.objects.Get(t.Context(), name, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	from, err := gzip.NewReader(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// body gives a body of a record, from where it lies.
func (a *archive) body(t *testing.T, inline []byte, path string) string {
	t.Helper()
	if path == "" {
		return string(inline)
	}
	if inline != nil {
		t.Errorf("a body in the record, and one at %s", path)
	}
	name, err := objectstore.ParseName(path)
	if err != nil {
		t.Fatal(err)
	}
	return a.read(t, name)
}

func sameJSON(t *testing.T, what, want, got string) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: %v in %q", what, err, want)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%s: %v in %q", what, err, got)
	}
	if d := gocmp.Diff(w, g); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

const rules = `
rules:
  - {when: {text: fail}, error: ThrottlingException}
  - {when: {text: break}, reply: One two three four, error: {type: ModelStreamErrorException, after: 3}}
default: {reply: Hello there., usage: {inputTokens: 10, outputTokens: 20, cacheReadInputTokens: 3000, cacheWriteInputTokens: 4000}}
`

// Each inference leaves a record of what was asked and answered, as AWS writes it.
func TestInvocationsAreRecorded(t *testing.T) {
	house, a := archived(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, rules)))
	web, client := serve(t, house), newClient(t, http1)
	const (
		talk   = "{\"messages\": [\n{\"role\":\"user\",\"content\":[{\"text\":\"TEXT\"}]}],\"requestMetadata\":{\"team\":\"a\"}}"
		native = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"TEXT"}]}`
		hello  = `{"role":"assistant","content":[{"text":"Hello there."}]}`
	)
	for _, test := range []struct {
		path, body, text string
		// output is the body of the answer; empty is the answer itself, - none.
		output, code string
	}{
		{"/converse", talk, "Hi", "", ""},
		{"/converse-stream", talk, "Hi", `{"output":{"message":` + hello + `},"stopReason":"end_turn"}`, ""},
		{"/invoke", native, "Hi", "", ""},
		{"/converse", talk, "fail", "-", "ThrottlingException"},
		{"/converse-stream", talk, "fail", "-", "ThrottlingException"},
		{"/invoke", native, "fail", "-", "ThrottlingException"},
		{"/converse-stream", talk, "break", `{"output":{"message":{"role":"assistant","content":[{"text":"One two three"}]}},"stopReason":""}`, "ModelStreamErrorException"},
		{"/invoke", `{"messages":1}`, "", "-", "ValidationException"},
	} {
		t.Run(test.path+" "+test.text, func(t *testing.T) {
			body := strings.Replace(test.body, "TEXT", test.text, 1)
			got := post(t, client, web.URL+claudePath+test.path, body)
			r := a.record(t, got.header)
			if r.SchemaType != "ModelInvocationLog" || r.SchemaVersion != "1.0" || r.AccountID != everybody || r.Identity.ARN != localRoot ||
				r.Region != "us-east-1" || r.ModelID != claude || r.ErrorCode != test.code || r.Input.ContentType != "application/json" {
				t.Errorf("got %+v", r)
			}
			if test.body == talk && r.RequestMetadata["team"] != "a" {
				t.Errorf("the metadata %v", r.RequestMetadata)
			}
			sameJSON(t, "input", body, string(r.Input.BodyJSON))
			switch test.output {
			case "-":
				if r.Output != nil {
					t.Errorf("the output %+v", r.Output)
				}
			case "":
				sameJSON(t, "output", string(got.body), string(r.Output.BodyJSON))
			default:
				var whole map[string]any
				if err := json.Unmarshal(r.Output.BodyJSON, &whole); err != nil {
					t.Fatal(err)
				}
				delete(whole, "usage")
				delete(whole, "metrics")
				rest, _ := json.Marshal(whole)
				sameJSON(t, "output", test.output, string(rest))
			}
		})
	}
	counted := post(t, client, web.URL+claudePath+"/count-tokens", `{"input":{"converse":`+conversationBody+`}}`)
	refused := post(t, client, web.URL+claudePath+"/converse", `{"messages":[{"role":"x","content":[]}]}`)
	for _, r := range a.records(t) {
		if id := r.RequestID; id == counted.header.Get("X-Amzn-RequestId") || id == refused.header.Get("X-Amzn-RequestId") {
			t.Errorf("what is no inference is recorded: %+v", r)
		}
	}
}

// A native stream is the list of its chunks, the metrics too.
func TestInvocationOfNativeStream(t *testing.T) {
	house, a := archived(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, rules)))
	got := post(t, newClient(t, h2c), serve(t, house).URL+claudePath+"/invoke-with-response-stream",
		`{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}`)
	var chunks []map[string]any
	if err := json.Unmarshal(a.record(t, got.header).Output.BodyJSON, &chunks); err != nil {
		t.Fatal(err)
	}
	if len(chunks) < 3 || chunks[0]["type"] != "message_start" || chunks[len(chunks)-1]["amazon-bedrock-invocationMetrics"] == nil {
		t.Errorf("got %v", chunks)
	}
}

// A stream whose caller leaves is recorded as far as it came.
func TestInvocationCanceled(t *testing.T) {
	from := newStepped()
	house, a := archived(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from))
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	response := open(t, ctx, newClient(t, http1), serve(t, house).URL+claudePath+"/converse-stream", conversationBody)
	from.words <- "one"
	from.words <- "two"
	from.words <- "three" // when it is taken, the first two have passed
	leave()
	response.Body.Close()
	<-from.left
	for a.log.Stats().Appended == 0 {
		time.Sleep(time.Millisecond)
	}
	r := a.record(t, response.Header)
	if r.ErrorCode != "Canceled" || !strings.Contains(string(r.Output.BodyJSON), `"onetwo`) {
		t.Errorf("got %+v, %s", r, r.Output.BodyJSON)
	}
}

// Bodies that are large, or have media, are objects of their own; what an account
// does not want is in none.
func TestInvocationBodies(t *testing.T) {
	from := map[string]provider.Provider{"text": scripted(t, rules), "image": new(painter), "embedding": &vectors{}}
	picture := `{"messages":[{"role":"user","content":[{"text":"Hi"},{"image":{"format":"png","source":{"bytes":"` + pixel + `"}}}]}]}`
	large := strings.Replace(conversationBody, "Hi", strings.Repeat("Hi", 60_000), 1)
	if large == conversationBody {
		t.Fatal("the body is not large")
	}
	const paint, embed = `{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a rock"}}`, `{"inputText":"Hi"}`
	for _, test := range []struct {
		name, model, path, body string
		without                 []string
		provider                string
		own                     bool
		input, output           string
	}{
		{"large", claude, "/converse", large, nil, "text", true, large, "Hello there."},
		{"a picture", claude, "/converse", picture, nil, "text", true, picture, "Hello there."},
		{"a picture that is not wanted", claude, "/converse", picture, []string{"image"}, "text", false, strings.Replace(picture, pixel, "", 1), "Hello there."},
		{"no text", claude, "/converse", picture, []string{"text"}, "text", false, "", ""},
		{"images", canvas, "/invoke", paint, nil, "image", false, paint, `"images":["YQ=="]`},
		{"images that are not wanted", canvas, "/invoke", paint, []string{"image"}, "image", false, paint, `"images":[""]`},
		{"images without a text", canvas, "/invoke", paint, []string{"text"}, "image", false, `{"taskType":"","textToImageParams":{"text":""}}`, `"images":["YQ=="]`},
		{"neither", canvas, "/invoke", paint, []string{"image", "text"}, "image", false, "", ""},
		{"a vector", titanEmbed, "/invoke", embed, []string{"text", "image"}, "embedding", false, `{"inputText":""}`, `"embedding":[1,0,`},
		{"a vector with its text", titanEmbed, "/invoke", embed, nil, "embedding", false, embed, `"embedding":[1,0,`},
		{"a vector that is not wanted", titanEmbed, "/invoke", embed, []string{"embedding"}, "embedding", false, "", ""},
		{"a ranking", cohereRank, "/invoke", `{"query":"q","documents":["a","b"],"api_version":2}`, nil, "embedding", false,
			`{"query":"q","documents":["a","b"],"api_version":2}`, `"relevance_score":0.75`},
	} {
		t.Run(test.name, func(t *testing.T) {
			house, a := archived(t, options(newCatalog(t, catalog.Mapping{ID: test.model, Provider: "test"}), from[test.provider]), test.without...)
			got := post(t, newClient(t, http1), serve(t, house).URL+"/model/"+test.model+test.path, test.body)
			r := a.record(t, got.header)
			if own := r.Input.BodyS3Path != ""; got.status != 200 || own != test.own {
				t.Errorf("%d %s, an object of its own: %t", got.status, got.body, own)
			}
			if own := r.Input.BodyS3Path; own != "" && !strings.HasSuffix(own, "/data/"+r.RequestID+"_input.json.gz") {
				t.Errorf("the body is at %s", own)
			}
			input, output := a.body(t, r.Input.BodyJSON, r.Input.BodyS3Path), a.body(t, r.Output.BodyJSON, r.Output.BodyS3Path)
			if test.input == "" && input != "" || test.input != "" && input == "" {
				t.Errorf("the input %q", input)
			} else if input != "" {
				sameJSON(t, "input", test.input, input)
			}
			if !strings.Contains(output, test.output) || test.output == "" && output != "" {
				t.Errorf("the output %q", output)
			}
		})
	}
}

// What passes from a real Bedrock is recorded as it passes.
func TestInvocationForwarded(t *testing.T) {
	const usage = `"usage":{"inputTokens":10,"outputTokens":20,"totalTokens":30}`
	stream := http.Header{"Content-Type": {eventstream.ContentType}}
	text := []provider.Piece{
		{Header: stream, Body: slices.Concat(frame(t, "messageStart", `{"role":"assistant"}`), frame(t, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Hello "}}`))},
		{Body: frame(t, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"there."}}`)},
		{Body: frame(t, "contentBlockStop", `{"contentBlockIndex":0}`)}, {Body: frame(t, "messageStop", `{"stopReason":"end_turn"}`)},
		{Body: frame(t, "metadata", `{"metrics":{"latencyMs":5},`+usage+`}`)},
	}
	for _, test := range []struct {
		operation string
		up        *passing
		output    string
	}{
		{"converse", &passing{pieces: []provider.Piece{{Body: []byte(`{"other":[1],` + usage + `}`)}}}, `{"other":[1],` + usage + `}`},
		{"converse-stream", &passing{pieces: text}, `{"output":{"message":{"role":"assistant","content":[{"text":"Hello there."}]}},` +
			`"stopReason":"end_turn","metrics":{"latencyMs":5},` + usage + `}`},
		{"converse-stream", &passing{pieces: text[:2], err: &bedrock.ModelStreamErrorException{}},
			`{"output":{"message":{"role":"assistant","content":[{"text":"Hello there."}]}},"stopReason":"","metrics":{"latencyMs":0},` +
				`"usage":{"inputTokens":0,"outputTokens":0,"totalTokens":0}}`},
		{"invoke-with-response-stream", &passing{pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "chunk", `{"bytes":"eyJ4IjoxfQ=="}`)}, {Body: frame(t, "chunk", `{"bytes":"eyJ4IjoyfQ=="}`)},
		}}, `[{"x":1},{"x":2}]`},
		{"invoke", &passing{err: &bedrock.ThrottlingException{}}, ""},
	} {
		t.Run(test.operation, func(t *testing.T) {
			house, a := archived(t, options(newCatalog(t, catalog.Mapping{ID: claude, Provider: "test"}), test.up))
			response := postWith(t, serve(t, house).URL+"/model/us."+claude+"/"+test.operation, `{"messages":[]}`)
			readAll(t, response.Body)
			r := a.record(t, response.Header)
			if r.ModelID != "us."+claude {
				t.Errorf("the model %s", r.ModelID)
			}
			if test.output == "" {
				if r.Output != nil || r.ErrorCode != "ThrottlingException" {
					t.Errorf("got %+v", r)
				}
				return
			}
			sameJSON(t, "output", test.output, string(r.Output.BodyJSON))
		})
	}
}

// The record is there before the last of the answer leaves.
func TestInvocationRecordedBeforeTheEnd(t *testing.T) {
	for _, operation := range []string{"/converse", "/converse-stream"} {
		house, a := archived(t, options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, rules)))
		w := &watched{ResponseRecorder: httptest.NewRecorder(), records: func() int64 { return a.log.Stats().Appended }}
		here := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		r := httptest.NewRequestWithContext(here, http.MethodPost, claudePath+operation, strings.NewReader(conversationBody))
		r.RemoteAddr = "127.0.0.1:1"
		house.ServeHTTP(w, r)
		if n := len(w.seen); n == 0 || w.seen[n-1] != 1 || a.log.Stats().Appended != 1 {
			t.Errorf("%s: records at each write: %v", operation, w.seen)
		}
	}
}

// full is a store of objects that takes nothing.
type full struct{ objectstore.Store }

func (full) Put(context.Context, objectstore.Name, objectstore.Content) error {
	return objectstore.ErrDenied
}

// When nothing more may wait, calls are answered or refused, as it was chosen.
func TestInvocationsFull(t *testing.T) {
	for when, want := range map[invocationlog.WhenFull]int{invocationlog.Drop: 200, invocationlog.Refuse: 503} {
		state, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
		if err != nil {
			t.Fatal(err)
		}
		log, err := invocationlog.Open(invocationlog.Options{
			Settings: state, Objects: full{}, Spool: spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Limit: 4096}, WhenFull: when,
			Default: &bedrock.LoggingConfig{S3Config: &bedrock.S3Config{BucketName: new("logs")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, rules))
		o.Invocations = log
		house, _ := metered(t, o)
		web, client := serve(t, house), newClient(t, http1)
		if got := post(t, client, web.URL+claudePath+"/converse", conversationBody); got.status != 200 {
			t.Errorf("%s, the first call: %d", when, got.status)
		}
		body := strings.Replace(conversationBody, "Hi", strings.Repeat("Hi", 4000), 1)
		if got := post(t, client, web.URL+claudePath+"/converse", body); got.status != want {
			t.Errorf("%s, the second call: %d %s", when, got.status, got.body)
		}
		if dropped := log.Stats().Dropped; dropped != map[int]int64{200: 1, 503: 0}[want] {
			t.Errorf("%s: %d records are dropped", when, dropped)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	}
}
