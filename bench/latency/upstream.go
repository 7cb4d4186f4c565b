package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
)

// streamTokens is the length of the answers of the fake upstream.
const streamTokens = 64

// play is the body of a process that stands for something else.
func play(args []string) error {
	handler := map[string]func(args []string) http.Handler{
		"upstream":   func([]string) http.Handler { return http.HandlerFunc(upstream) },
		"translator": func(args []string) http.Handler { return newTranslator(args[0]) },
	}[args[0]]
	if handler == nil {
		return fmt.Errorf("no role %q", args[0])
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// The parent reads the address, and ends this process by closing its input.
	fmt.Printf("%s listens on http://%s\n", args[0], listener.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(listener, handler(args[1:]))
}

// upstream answers chat completions at once, always the same; a stream is flushed
// after every token, as model servers do.
func upstream(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !strings.Contains(string(body), `"stream":true`) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, wholeAnswer)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	for _, event := range streamEvents {
		io.WriteString(w, event)
		flusher.Flush()
	}
}

var wholeAnswer = `{"id":"chatcmpl-bench","object":"chat.completion","created":1767225600,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"` +
	strings.Repeat("token ", streamTokens) + `","tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":200,"total_tokens":264,"completion_tokens":64}}`

var streamEvents = func() []string {
	chunk := func(choices, usage string) string {
		return `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1767225600,"model":"bench","choices":[` + choices + `]` + usage + "}\n\n"
	}
	events := []string{chunk(`{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}`, "")}
	for i := range streamTokens {
		events = append(events, chunk(fmt.Sprintf(`{"index":0,"delta":{"content":" token%d"},"logprobs":null,"finish_reason":null}`, i), ""))
	}
	return append(events,
		chunk(`{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"stop","stop_reason":null}`, ""),
		chunk("", `,"usage":{"prompt_tokens":200,"total_tokens":264,"completion_tokens":64}`),
		"data: [DONE]\n\n")
}()
