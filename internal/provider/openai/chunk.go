package openai

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

// chunk is a chunk of a stream or a plain answer, which differ in the name of
// what the choice holds.
type chunk struct {
	Choices []choice       `json:"choices"`
	Usage   *usage         `json:"usage"`
	Error   jsontext.Value `json:"error"`
	// ServiceTier is the one that the request was served by.
	ServiceTier string `json:"service_tier"`
	// Timings is llama.cpp's alone, in the answer and in the last chunk.
	Timings jsontext.Value `json:"timings"`
	Verbose verbose        `json:"__verbose"`
	// Object is "error" in the errors of older vLLM, which have no envelope.
	Object string `json:"object"`
	failureObject
}

type choice struct {
	Index        int     `json:"index"`
	Delta        content `json:"delta"`
	Message      content `json:"message"`
	FinishReason string  `json:"finish_reason"`
	// StopReason is vLLM's, MatchedStop SGLang's: the stop sequence, or the id
	// of a token, or null.
	StopReason  jsontext.Value `json:"stop_reason"`
	MatchedStop jsontext.Value `json:"matched_stop"`
}

type content struct {
	Text             literal    `json:"content"`
	ReasoningContent literal    `json:"reasoning_content"`
	Reasoning        literal    `json:"reasoning"`
	Refusal          string     `json:"refusal"`
	ToolCalls        []callPart `json:"tool_calls"`
}

// callPart is a call of a tool, or in a stream a fragment of one.
type callPart struct {
	// Index counts the calls of a stream.
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name string `json:"name"`
		// Arguments are JSON text. Some servers give the object itself.
		Arguments jsontext.Value `json:"arguments"`
	} `json:"function"`
}

// arguments are the text of the arguments, or the fragment of it.
func (c *callPart) arguments() string {
	switch c.Function.Arguments.Kind() {
	case '"':
		text, _ := jsontext.AppendUnquote(nil, c.Function.Arguments) // invalid UTF-8 is replaced
		return string(text)
	case '{':
		return string(c.Function.Arguments)
	}
	return ""
}

func (c *content) reasoning() *literal {
	if c.ReasoningContent.value != "" {
		return &c.ReasoningContent
	}
	return &c.Reasoning
}

type usage struct {
	PromptTokens     int32 `json:"prompt_tokens"`
	CompletionTokens int32 `json:"completion_tokens"`
	Details          struct {
		CachedTokens int32 `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

// tokens gives the usage of a request. The tokens that the server had cached are
// told apart if the request asked for a cache: servers cache by themselves, which
// the service does not count.
func (u *usage) tokens(request *bedrock.ConverseRequest) bedrock.TokenUsage {
	if u == nil {
		return bedrock.TokenUsage{}
	}
	tokens := bedrock.TokenUsage{InputTokens: u.PromptTokens, OutputTokens: u.CompletionTokens}
	if cached := u.Details.CachedTokens; conversation.HasCachePoints(request) && cached > 0 && cached <= u.PromptTokens {
		tokens.InputTokens -= cached
		tokens.CacheReadInputTokens = &cached
	}
	return tokens
}

// literal is a string, or null, and where it stood in the text.
type literal struct {
	value    string
	from, to int
}

func (l *literal) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch kind := raw.Kind(); kind {
	case 'n':
		return nil
	case '"':
	default:
		return fmt.Errorf("%s where a text belongs", kind)
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // invalid UTF-8 is replaced
	l.value = string(text)
	l.to = int(d.InputOffset())
	l.from = l.to - len(raw)
	return nil
}

// decoder decodes the chunks of one stream.
//
// Chunks that carry a token differ in that token alone, and in the time of some
// servers once a second. So the text around the token of one such chunk is kept,
// and a chunk that has the same text around a JSON string is known without
// parsing: it is the same chunk with another token.
type decoder struct {
	before, after []byte
	reasoning     bool
	// slow counts the chunks that were parsed.
	slow int
}

// token gives the token of a chunk of the known form.
func (d *decoder) token(data []byte) (text string, reasoning, ok bool) {
	if len(d.before) == 0 || len(data) < len(d.before)+len(d.after)+len(`""`) ||
		!bytes.HasPrefix(data, d.before) || !bytes.HasSuffix(data, d.after) {
		return "", false, false
	}
	text, ok = unquote(data[len(d.before) : len(data)-len(d.after)])
	return text, d.reasoning, ok
}

// unquote reads exactly one JSON string.
func unquote(quoted []byte) (string, bool) {
	last := len(quoted) - 1
	if quoted[0] != '"' || quoted[last] != '"' {
		return "", false
	}
	plain := quoted[1:last]
	for _, c := range plain {
		if c < ' ' || c == '"' || c == '\\' {
			// Another string, or one that needs more than a copy.
			unquoted, err := jsontext.AppendUnquote(nil, quoted)
			return string(unquoted), err == nil
		}
	}
	return string(plain), utf8.Valid(plain)
}

// decode parses a chunk, and learns its form if it carries a token and nothing
// else.
func (d *decoder) decode(data []byte) (*chunk, error) {
	d.slow++
	c := new(chunk)
	if err := json.Unmarshal(data, c, lenient); err != nil {
		return nil, err
	}
	if len(c.Choices) != 1 || c.Usage != nil || c.Error != nil || c.Object == "error" {
		return c, nil
	}
	first := &c.Choices[0]
	text, reasoning := &first.Delta.Text, first.Delta.reasoning()
	if first.Index != 0 || first.FinishReason != "" || len(first.Delta.ToolCalls) > 0 || first.Delta.Refusal != "" {
		return c, nil
	}
	switch {
	case text.value != "" && reasoning.value == "":
		d.learn(data, text, false)
	case text.value == "" && reasoning.value != "":
		d.learn(data, reasoning, true)
	}
	return c, nil
}

func (d *decoder) learn(data []byte, token *literal, reasoning bool) {
	d.before = append(d.before[:0], data[:token.from]...)
	d.after = append(d.after[:0], data[token.to:]...)
	d.reasoning = reasoning
}
