package anthropic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// fake is a server that behaves as Anthropic's does, seen from outside.
type fake struct {
	*httptest.Server
	providertest.Activity
	// reply, if set, answers every request.
	reply http.HandlerFunc

	mu     sync.Mutex
	header http.Header
	body   map[string]json.RawMessage
}

// request is what the fake looks at.
type request struct {
	Model    string
	System   []struct{ Text string }
	Messages []struct {
		Role    string
		Content []struct{ Text string }
	}
	MaxTokens     int      `json:"max_tokens"`
	StopSequences []string `json:"stop_sequences"`
	Stream        bool
}

func newFake(t testing.TB) *fake {
	t.Helper()
	f := new(fake)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", f.messages)
	mux.HandleFunc("POST /v1/messages/count_tokens", f.count)
	f.Server = httptest.NewServer(mux)
	return f
}

func (f *fake) read(r *http.Request) (q request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.header, f.body = r.Header, nil
	_ = json.NewDecoder(r.Body).Decode(&f.body) // what is missing is seen by the tests
	text, _ := json.Marshal(f.body)
	_ = json.Unmarshal(text, &q)
	return q
}

// last is what came last: a member of the body as it stood there.
func (f *fake) last(member string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.body[member])
}

func (q request) inputTokens() int {
	n := 1
	for _, s := range q.System {
		n += 2 + len(strings.Fields(s.Text))
	}
	for _, m := range q.Messages {
		for _, c := range m.Content {
			n += 3 + len(strings.Fields(c.Text))
		}
	}
	return n
}

func (f *fake) count(w http.ResponseWriter, r *http.Request) {
	q := f.read(r)
	if f.reply != nil {
		f.reply(w, r)
		return
	}
	if f.last("max_tokens") != "" || f.last("stream") != "" {
		fail(w, 400, "max_tokens: Extra inputs are not permitted")
		return
	}
	fmt.Fprintf(w, `{"input_tokens":%d}`, q.inputTokens())
}

// fail answers as the API words errors.
func fail(w http.ResponseWriter, status int, message string) {
	kinds := map[int]string{400: "invalid_request_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, failure(kinds[status], message))
}

func failure(kind, message string) string {
	return fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q},"request_id":"req_1"}`, kind, message)
}

func (f *fake) messages(w http.ResponseWriter, r *http.Request) {
	defer f.Begin()()
	q := f.read(r)
	if f.reply != nil {
		f.reply(w, r)
		return
	}
	said := q.Messages[len(q.Messages)-1].Content[0].Text
	if status := 0; strings.HasPrefix(said, "fail ") {
		fmt.Sscan(said[5:], &status)
		fail(w, status, "it is said")
		return
	}
	switch {
	case said == "too long":
		fail(w, 400, "prompt is too long: 210000 tokens > 200000 maximum")
	case q.Stream:
		q.stream(w, r, said)
	default:
		q.plain(w, said)
	}
}

// tokens are those of the answer to what was said.
func tokens(said string) []string {
	switch said {
	case "endless":
		return slices.Repeat([]string{" la"}, 1<<14)
	case "count":
		return []string{"1", " 2", " 3", " 4", " 5", " 6"}
	case "breaks", "complains":
		return []string{"It", " was"}
	}
	return []string{"Grüße", ", \"world\"", " \\ 世界", " \U0001f600", "\n", "Bye."}
}

// cut gives the tokens that come before the end, and why it is the end.
func (q request) cut(all []string) (tokens []string, reason, sequence string) {
	for i, token := range all {
		for _, s := range q.StopSequences {
			if before, _, found := strings.Cut(token, s); found {
				return append(slices.Clone(all[:i]), before), "stop_sequence", s
			}
		}
		if i+1 == q.MaxTokens {
			return all[:i+1], "max_tokens", ""
		}
	}
	return all, "end_turn", ""
}

// orNull is the JSON of a text, or null for none.
func orNull(s string) string {
	if s == "" {
		return "null"
	}
	text, _ := json.Marshal(s)
	return string(text)
}

const head = `"id":"msg_1","type":"message","role":"assistant","model":"claude-x",`

func (q request) plain(w http.ResponseWriter, said string) {
	words, reason, sequence := q.cut(tokens(said))
	text, _ := json.Marshal(strings.Join(words, ""))
	body := fmt.Sprintf(`{%s"content":[{"type":"text","text":%s}],"stop_reason":%q,"stop_sequence":%s,"usage":{"input_tokens":%d,`+
		`"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":%d,"service_tier":"standard"}}`,
		head, text, reason, orNull(sequence), q.inputTokens(), len(words))
	w.Header().Set("Content-Type", "application/json")
	switch said {
	case "breaks":
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body[:len(body)/2])
	case "complains":
		fail(w, 500, "Internal server error")
	default:
		fmt.Fprint(w, body)
	}
}

func (q request) stream(w http.ResponseWriter, r *http.Request, said string) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	event := func(kind, format string, args ...any) {
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, fmt.Sprintf(format, args...))
		w.(http.Flusher).Flush()
	}
	event("message_start", `{"type":"message_start","message":{%s"content":[],"stop_reason":null,"stop_sequence":null,`+
		`"usage":{"input_tokens":%d,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}`, head, q.inputTokens())
	event("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`)
	event("ping", `{"type": "ping"}`)
	words, reason, sequence := q.cut(tokens(said))
	for _, word := range words {
		if r.Context().Err() != nil {
			return
		}
		text, _ := json.Marshal(word)
		event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%s}}`, text)
	}
	switch said {
	case "breaks":
		panic(http.ErrAbortHandler)
	case "complains":
		event("error", "%s", failure("overloaded_error", "Overloaded"))
		return
	}
	event("content_block_stop", `{"type":"content_block_stop","index":0}`)
	event("message_delta", `{"type":"message_delta","delta":{"stop_reason":%q,"stop_sequence":%s},"usage":{"output_tokens":%d}}`,
		reason, orNull(sequence), len(words))
	event("message_stop", `{"type":"message_stop"}`)
}
