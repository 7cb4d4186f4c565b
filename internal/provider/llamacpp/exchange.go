package llamacpp

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// responseTimeout bounds a plain answer, its place in the queue included. Models
// that barely fit a machine are slow, and a child that ends is noticed at once.
const responseTimeout = time.Hour

// exchange is one request to the engine and its answer.
type exchange struct {
	breaker *breaker
	// system says that a conversation without a system prompt gets an empty one.
	system bool
	// stops are the stop sequences of the request.
	stops []string
}

// client makes the client of one exchange. It has no connections of its own.
func (p *Provider) client(lease *engine.Lease) *openai.Client {
	b := p.breaker.Load()
	if b == nil || !slices.Equal(b.tokens, lease.ControlTokens) {
		b = newBreaker(lease.ControlTokens)
		p.breaker.Store(b)
	}
	e := &exchange{breaker: b, system: p.model.Weights == engine.DefaultWeights}
	return &openai.Client{
		HTTP:            lease.Client,
		BaseURL:         lease.BaseURL + "/v1",
		ResponseTimeout: responseTimeout,
		Prepare:         e.prepare,
		StopSequence:    e.stopSequence,
		ContextFull:     contextFull,
	}
}

// prepare makes the body what llama.cpp needs.
func (e *exchange) prepare(_ provider.Call, body openai.Body) {
	if messages, ok := body["messages"].([]openai.Message); ok {
		body["messages"] = e.messages(messages)
	}
	body["verbose"] = true
	body["response_fields"] = []string{"stop_type", "stopping_word", "truncated"}
	e.stops = sequences(body["stop"])
}

// messages gives the messages joined by role and without control tokens, behind
// a system prompt.
func (e *exchange) messages(messages []openai.Message) []openai.Message {
	joined := make([]openai.Message, 0, len(messages)+1)
	if e.system && messages[0].Role != "system" {
		joined = append(joined, openai.Message{Role: "system"})
	}
	for _, m := range messages {
		m.Content, m.Reasoning = e.breaker.breakUp(m.Content), e.breaker.breakUp(m.Reasoning)
		if n := len(joined); n > 0 && joined[n-1].Role == m.Role {
			last := &joined[n-1]
			last.Content, last.Reasoning = join(last.Content, m.Content), join(last.Reasoning, m.Reasoning)
			continue
		}
		joined = append(joined, m)
	}
	return joined
}

// join puts one text after another, as the blocks of one message are.
func join(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "\n" + second
}

// sequences reads the member "stop": the inference configuration's, or, out of
// additionalModelRequestFields, a text or a list of texts in JSON.
func sequences(stop any) []string {
	var list []string
	var one string
	switch stop := stop.(type) {
	case []string:
		return stop
	case jsontext.Value:
		if json.Unmarshal(stop, &one) == nil {
			return []string{one}
		}
		_ = json.Unmarshal(stop, &list) // the engine refuses what is neither
	}
	return list
}

// ending is how llama.cpp says that an answer ended.
type ending struct {
	Verbose struct {
		StopType     string `json:"stop_type"`
		StoppingWord string `json:"stopping_word"`
		Truncated    bool   `json:"truncated"`
	} `json:"__verbose"`
}

// endingOf reads the ending of an answer or of its last chunk. Servers older than
// the request's verbose give none.
func endingOf(object []byte) (e ending) {
	_ = json.Unmarshal(object, &e, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	return e
}

// stopSequence names the stop sequence that ended an answer. Some templates bring
// stop words of their own: those are the model's end.
func (e *exchange) stopSequence(object []byte) string {
	word := endingOf(object).Verbose
	if word.StopType == "word" && slices.Contains(e.stops, word.StoppingWord) {
		return word.StoppingWord
	}
	return ""
}

// contextFull says whether an answer ended because its context was full.
func contextFull(object []byte) bool { return endingOf(object).Verbose.Truncated }
