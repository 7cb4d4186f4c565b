package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// translator is the yardstick: the least that a Go program does which answers
// Converse from chat completions, with net/http, encoding/json and the SDK's
// event-stream encoder. It checks nothing, and flushes every token.
type translator struct {
	url    string
	client *http.Client
}

func newTranslator(upstream string) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	t := &translator{upstream + "/v1/chat/completions", &http.Client{Transport: transport}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /model/{modelId}/converse", t.converse)
	mux.HandleFunc("POST /model/{modelId}/converse-stream", t.converseStream)
	return mux
}

type textBlock struct {
	Text string `json:"text"`
}

type converseMessage struct {
	Role    string      `json:"role"`
	Content []textBlock `json:"content"`
}

type converseRequest struct {
	Messages        []converseMessage `json:"messages"`
	System          []textBlock       `json:"system"`
	InferenceConfig struct {
		MaxTokens   *int     `json:"maxTokens"`
		Temperature *float64 `json:"temperature"`
	} `json:"inferenceConfig"`
}

type converseResponse struct {
	Metrics struct {
		LatencyMs int64 `json:"latencyMs"`
	} `json:"metrics"`
	Output struct {
		Message converseMessage `json:"message"`
	} `json:"output"`
	StopReason string        `json:"stopReason"`
	Usage      converseUsage `json:"usage"`
}

type converseUsage struct {
	InputTokens  int `json:"inputTokens"`
	OutputTokens int `json:"outputTokens"`
	TotalTokens  int `json:"totalTokens"`
}

type chatMessage struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
}

type chatRequest struct {
	Model         string          `json:"model"`
	Messages      []chatMessage   `json:"messages"`
	MaxTokens     *int            `json:"max_tokens,omitempty"`
	Temperature   *float64        `json:"temperature,omitempty"`
	Stream        bool            `json:"stream,omitempty"`
	StreamOptions map[string]bool `json:"stream_options,omitempty"`
}

type chatAnswer struct {
	Choices []struct {
		Message      chatMessage `json:"message"`
		Delta        chatMessage `json:"delta"`
		FinishReason string      `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		TotalTokens      int `json:"total_tokens"`
	} `json:"usage"`
}

func (a *chatAnswer) usage() converseUsage {
	return converseUsage{a.Usage.PromptTokens, a.Usage.CompletionTokens, a.Usage.TotalTokens}
}

// ask translates the request and sends it.
func (t *translator) ask(r *http.Request, stream bool) (*http.Response, error) {
	var in converseRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	out := chatRequest{Model: r.PathValue("modelId"), MaxTokens: in.InferenceConfig.MaxTokens, Temperature: in.InferenceConfig.Temperature}
	if stream {
		out.Stream, out.StreamOptions = true, map[string]bool{"include_usage": true}
	}
	for _, block := range in.System {
		out.Messages = append(out.Messages, chatMessage{"system", block.Text})
	}
	for _, message := range in.Messages {
		text := ""
		for _, block := range message.Content {
			text += block.Text
		}
		out.Messages = append(out.Messages, chatMessage{message.Role, text})
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return t.client.Do(request)
}

func (t *translator) converse(w http.ResponseWriter, r *http.Request) {
	response, err := t.ask(r, false)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	var answer chatAnswer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	var out converseResponse
	out.Output.Message = converseMessage{"assistant", []textBlock{{answer.Choices[0].Message.Content}}}
	out.StopReason = "end_turn"
	out.Usage = answer.usage()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(out)
}

func (t *translator) converseStream(w http.ResponseWriter, r *http.Request) {
	response, err := t.ask(r, true)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	out := &eventWriter{w: w, flusher: http.NewResponseController(w), encoder: eventstream.NewEncoder()}
	out.send("messageStart", map[string]any{"role": "assistant"})
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok || string(data) == "[DONE]" {
			continue
		}
		var chunk chatAnswer
		if json.Unmarshal(data, &chunk) != nil {
			return
		}
		out.translate(&chunk)
	}
}

// eventWriter writes and flushes one event after the other.
type eventWriter struct {
	w       http.ResponseWriter
	flusher *http.ResponseController
	encoder *eventstream.Encoder
}

func (e *eventWriter) translate(chunk *chatAnswer) {
	for _, choice := range chunk.Choices {
		if choice.Delta.Content != "" {
			e.send("contentBlockDelta", map[string]any{"contentBlockIndex": 0, "delta": textBlock{choice.Delta.Content}})
		}
		if choice.FinishReason != "" {
			e.send("contentBlockStop", map[string]any{"contentBlockIndex": 0})
			e.send("messageStop", map[string]any{"stopReason": "end_turn"})
		}
	}
	if chunk.Usage != nil {
		e.send("metadata", map[string]any{"metrics": map[string]int{"latencyMs": 0}, "usage": chunk.usage()})
	}
}

func (e *eventWriter) send(name string, payload any) {
	body, err := json.Marshal(payload)
	if err != nil {
		return
	}
	e.encoder.Encode(e.w, eventstream.Message{
		Headers: eventstream.Headers{
			{Name: ":event-type", Value: eventstream.StringValue(name)},
			{Name: ":content-type", Value: eventstream.StringValue("application/json")},
			{Name: ":message-type", Value: eventstream.StringValue("event")},
		},
		Payload: body,
	})
	e.flusher.Flush()
}
