package openai

import (
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient reads JSON as servers write it.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// failureObject is an error as OpenAI, llama.cpp and vLLM write it.
type failureObject struct {
	Message jsontext.Value `json:"message"`
	Type    jsontext.Value `json:"type"`
	Code    jsontext.Value `json:"code"`
}

// parseFailure reads the body of an error. OpenAI, llama.cpp and vLLM write
// {"error": {...}}; Ollama and TGI {"error": "..."}; SGLang and older vLLM the
// object itself; servers built on FastAPI {"detail": ...}. What is not JSON
// stands for itself, unless it is a page for a browser.
func parseFailure(body []byte) failure {
	var shapes struct {
		Error  jsontext.Value `json:"error"`
		Detail jsontext.Value `json:"detail"`
		failureObject
	}
	if err := json.Unmarshal(body, &shapes, lenient); err != nil {
		if len(body) > 0 && body[0] == '<' {
			return failure{}
		}
		return failure{message: shorten(body)}
	}
	switch {
	case shapes.Error != nil:
		return failureOf(shapes.Error)
	case shapes.Message != nil:
		return shapes.failure()
	case shapes.Detail != nil:
		return failure{message: text(shapes.Detail)}
	}
	return failure{message: shorten(body)}
}

// failureOf reads the value of a member "error": an object, or a text. A status
// is taken from its code.
func failureOf(value jsontext.Value) failure {
	var object failureObject
	if value.Kind() != '{' || json.Unmarshal(value, &object, lenient) != nil {
		return failure{message: text(value)}
	}
	return object.failure()
}

func (o failureObject) failure() failure {
	f := failure{message: text(o.Message), kind: text(o.Type), code: text(o.Code)}
	if status, err := strconv.Atoi(f.code); err == nil && status >= 400 && status < 600 {
		f.status = status
	}
	return f
}

// text is a JSON value as text: a string's own, nothing for null, or its JSON.
func text(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		unquoted, _ := jsontext.AppendUnquote(nil, value) // invalid UTF-8 is replaced
		return shorten(unquoted)
	case 'n', jsontext.KindInvalid:
		return ""
	}
	return shorten(value)
}
