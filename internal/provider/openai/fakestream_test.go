package openai_test

import (
	"fmt"
	"net/http"
	"strings"
)

// plain answers whole. A broken answer is cut off in the middle of its body.
func (f *fake) plain(w http.ResponseWriter, q request, a scripted) {
	tokens, finish, stop := cut(q, a)
	text := strings.Join(tokens, "")
	tail := stopReason(stop)
	if f.llamacpp {
		// It repeats what it continues, and does not name the stop sequence.
		if last := q.Messages[len(q.Messages)-1]; last.Role == "assistant" {
			text = last.Content + text
		}
		tail = ""
	}
	body := fmt.Sprintf(`{"id":"c","object":"chat.completion","created":1,"model":%s,"choices":[{"index":0,`+
		`"message":{"role":"assistant","content":%s},"finish_reason":%q%s}],"usage":%s%s}`,
		quote(q.Model), quote(text), finish, tail, usageOf(q, tokens), f.ending(q, stop))
	w.Header().Set("Content-Type", "application/json")
	switch {
	case a.breaks:
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body[:len(body)/2])
	case a.complains:
		f.fail(w, http.StatusInternalServerError, "out of memory")
	default:
		fmt.Fprint(w, body)
	}
}

func stopReason(stop string) string {
	if stop == "" {
		return `,"stop_reason":null`
	}
	return `,"stop_reason":` + quote(stop)
}

func usageOf(q request, tokens []string) string {
	prompt := promptTokens(q)
	return fmt.Sprintf(`{"prompt_tokens":%d,"total_tokens":%d,"completion_tokens":%d,"prompt_tokens_details":{"cached_tokens":2}}`,
		prompt, prompt+len(tokens), len(tokens))
}

// ending is what llama.cpp says beside the end, if asked to.
func (f *fake) ending(q request, stop string) string {
	switch {
	case !f.llamacpp:
		return ""
	case !q.Verbose:
		return `,"timings":{"cache_n":0}`
	}
	kind := "eos"
	if stop != "" {
		kind = "word"
	}
	return fmt.Sprintf(`,"__verbose":{"stop_type":%q,"stopping_word":%s},"timings":{"cache_n":0}`, kind, quote(stop))
}

// stream answers token by token.
func (f *fake) stream(w http.ResponseWriter, r *http.Request, q request, a scripted) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	send := func(text string) {
		if f.write != nil {
			f.write(w, text)
			return
		}
		fmt.Fprint(w, text)
		w.(http.Flusher).Flush()
	}
	event := func(format string, args ...any) { send("data: " + fmt.Sprintf(format, args...) + "\n\n") }

	event("%s", f.chunk(q, `{"role":"assistant","content":""}`, "null", ""))
	tokens, finish, stop := cut(q, a)
	for _, token := range tokens {
		if r.Context().Err() != nil {
			return
		}
		event("%s", f.chunk(q, `{"content":`+quote(token)+`}`, "null", ""))
	}
	switch {
	case a.breaks:
		panic(http.ErrAbortHandler)
	case a.complains:
		event("%s", f.failure(500, "out of memory"))
		send("data: [DONE]\n\n")
		return
	}
	if f.llamacpp {
		event("%s", f.chunk(q, `{}`, quote(finish), f.ending(q, stop)))
	} else {
		event("%s", f.chunk(q, `{"content":""}`, quote(finish)+stopReason(stop), ""))
	}
	if q.StreamOptions.IncludeUsage {
		event(`{"id":"c","object":"chat.completion.chunk","created":1,"model":%s,"choices":[],"usage":%s}`, quote(q.Model), usageOf(q, tokens))
	}
	send("data: [DONE]\n\n")
}

// chunk words a chunk in the server's order of members.
func (f *fake) chunk(q request, delta, finish, more string) string {
	if f.llamacpp {
		return fmt.Sprintf(`{"choices":[{"finish_reason":%s,"index":0,"delta":%s}],"created":1,"id":"c","model":%s,`+
			`"system_fingerprint":"b0-unknown","object":"chat.completion.chunk"%s}`, finish, delta, quote(q.Model), more)
	}
	return fmt.Sprintf(`{"id":"c","object":"chat.completion.chunk","created":1,"model":%s,"choices":[{"index":0,`+
		`"delta":%s,"logprobs":null,"finish_reason":%s}]%s}`, quote(q.Model), delta, finish, more)
}
