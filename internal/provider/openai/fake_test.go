package openai_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// fake is a server that behaves as vLLM or llama.cpp do, seen from outside: the
// order and form of chunks, stop reasons, usage, errors, counting.
type fake struct {
	*httptest.Server
	providertest.Activity
	llamacpp bool
	// write sends a piece of a stream; nil writes and flushes it.
	write func(w http.ResponseWriter, text string)
	// connected counts the connections, unless it is nil.
	connected *atomic.Int32

	mu   sync.Mutex
	last request
}

type request struct {
	Model         string
	Messages      []struct{ Role, Content string }
	Stream        bool
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens   *int     `json:"max_tokens"`
	Temperature *float32 `json:"temperature"`
	TopP        *float32 `json:"top_p"`
	TopK        *int     `json:"top_k"`
	Stop        []string `json:"stop"`
	Continue    bool     `json:"continue_final_message"`
	AddPrompt   *bool    `json:"add_generation_prompt"`
	Verbose     bool     `json:"verbose"`
	header      http.Header
	path        string
}

func newFake(t testing.TB, f *fake) *fake {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", f.chat)
	mux.HandleFunc("GET /v1/models", f.models)
	if f.llamacpp {
		mux.HandleFunc("POST /v1/chat/completions/input_tokens", f.count)
	} else {
		mux.HandleFunc("POST /tokenize", f.count)
	}
	f.Server = httptest.NewUnstartedServer(mux)
	f.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if f.connected != nil && state == http.StateNew {
			f.connected.Add(1)
		}
	}
	f.Start()
	return f
}

func (f *fake) read(w http.ResponseWriter, r *http.Request) (request, bool) {
	var q request
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) == 0 {
		f.fail(w, 400, "bad request")
		return q, false
	}
	q.header, q.path = r.Header, r.URL.Path
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = q
	return q, true
}

func (f *fake) models(w http.ResponseWriter, _ *http.Request) {
	owner := "vllm"
	if f.llamacpp {
		owner = "llamacpp"
	}
	fmt.Fprintf(w, `{"object":"list","data":[{"id":"m","object":"model","owned_by":%q}]}`, owner)
}

func (f *fake) count(w http.ResponseWriter, r *http.Request) {
	q, ok := f.read(w, r)
	switch {
	case !ok:
	case f.llamacpp:
		fmt.Fprintf(w, `{"input_tokens":%d,"object":"response.input_tokens"}`, promptTokens(q))
	default:
		fmt.Fprintf(w, `{"count":%d,"max_model_len":4096,"tokens":[1,2]}`, promptTokens(q))
	}
}

// promptTokens counts words, and what a template adds.
func promptTokens(q request) int {
	n := 1
	for _, m := range q.Messages {
		n += 3 + len(strings.Fields(m.Content))
	}
	return n
}

func (f *fake) chat(w http.ResponseWriter, r *http.Request) {
	defer f.Begin()()
	q, ok := f.read(w, r)
	if !ok {
		return
	}
	a := answerTo(q)
	switch {
	case a.status != 0:
		f.fail(w, a.status, a.message)
	case q.Stream:
		f.stream(w, r, q, a)
	default:
		f.plain(w, q, a)
	}
}

func (f *fake) fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, f.failure(status, message))
}

func (f *fake) failure(status int, message string) string {
	if f.llamacpp {
		return fmt.Sprintf(`{"error":{"code":%d,"message":%q,"type":"invalid_request_error"}}`, status, message)
	}
	return fmt.Sprintf(`{"error":{"message":%q,"type":"BadRequestError","param":null,"code":%d}}`, message, status)
}

// scripted is what the model does with a prompt.
type scripted struct {
	tokens  []string
	endless bool
	// breaks cuts the connection after the tokens, complains sends an error.
	breaks, complains bool
	status            int
	message           string
}

func answerTo(q request) scripted {
	last := q.Messages[len(q.Messages)-1]
	switch {
	case last.Role == "assistant":
		return scripted{tokens: []string{" of", " France", " is", " Paris", "."}}
	case last.Content == "endless":
		return scripted{endless: true}
	case last.Content == "count":
		return scripted{tokens: []string{"1", " 2", " 3", " 4", " 5", " 6"}}
	case last.Content == "breaks":
		return scripted{tokens: []string{"It", " was"}, breaks: true}
	case last.Content == "complains":
		return scripted{tokens: []string{"It", " was"}, complains: true}
	case last.Content == "too long":
		return scripted{status: 400, message: "This model's maximum context length is 8 tokens."}
	case strings.HasPrefix(last.Content, "fail "):
		var status int
		_, _ = fmt.Sscan(last.Content[5:], &status)
		return scripted{status: status, message: "it is said"}
	}
	return scripted{tokens: []string{"Grüße", ", \"world\"", " \\ 世界", " \U0001f600", "\n", "Bye."}}
}

// cut gives the tokens that come before the end, and why it is the end.
func cut(q request, a scripted) (tokens []string, finish, stop string) {
	tokens = a.tokens
	if a.endless {
		tokens = slices.Repeat([]string{" la"}, 1<<16)
	}
	for i := range tokens {
		text := strings.Join(tokens[:i+1], "")
		for _, s := range q.Stop {
			if at := strings.Index(text, s); at >= 0 {
				before := strings.Join(tokens[:i], "")
				return append(slices.Clone(tokens[:i]), text[len(before):at]), "stop", s
			}
		}
		if q.MaxTokens != nil && i+1 == *q.MaxTokens {
			return tokens[:i+1], "length", ""
		}
		if len(q.Stop) == 0 && q.MaxTokens == nil {
			break
		}
	}
	return tokens, "stop", ""
}

// quote is the JSON of a value.
func quote(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
