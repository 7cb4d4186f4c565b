package anthropic

import (
	"bytes"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// invalid is a refusal of the model itself: a dotted place, and what is wrong
// there, as "messages.2.content.2.document.source.type: Field required".
func invalid(place, text string) *bedrock.ValidationException {
	return &bedrock.ValidationException{Message: place + ": " + text}
}

const required = "Field required"

// decode reads a value strictly, and words what is wrong as the model does.
func decode[T any](place string, raw jsontext.Value) (*T, error) {
	value := new(T)
	if err := json.Unmarshal(raw, value, json.RejectUnknownMembers(true)); err != nil {
		return nil, refusal(place, err)
	}
	return value, nil
}

// expected words what a JSON value should have been, by the kind that its Go
// type takes.
var expected = map[string]string{
	"string": "Input should be a valid string", "bool": "Input should be a valid boolean",
	"int32": "Input should be a valid integer", "slice": "Input should be a valid list",
	"struct": "Input should be an object",
}

func refusal(place string, cause error) error {
	semantic, ok := errors.AsType[*json.SemanticError](cause)
	if !ok {
		return bedrock.WithCause(schema.Malformed(), cause)
	}
	for token := range semantic.JSONPointer.Tokens() {
		place += "." + token
	}
	text := "Input should be valid"
	switch {
	case errors.Is(cause, json.ErrUnknownName):
		text = "Extra inputs are not permitted"
	case semantic.GoType != nil && semantic.GoType.String() == "[]uint8":
		text = "Invalid base64 data"
	case semantic.GoType != nil:
		if known := expected[semantic.GoType.Kind().String()]; known != "" {
			text = known
		}
	}
	return bedrock.WithCause(invalid(place, text), cause)
}

// tagOf gives the member type of an object, by which the model tells blocks and
// tools apart.
func tagOf(place string, raw jsontext.Value) (string, error) {
	if raw.Kind() != '{' {
		return "", invalid(place, "Input should be an object")
	}
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	for _, err := d.ReadToken(); err == nil && d.PeekKind() == '"'; {
		var name jsontext.Token
		if name, err = d.ReadToken(); err != nil {
			break
		}
		if name.String() != "type" {
			err = d.SkipValue()
			continue
		}
		tag, err := d.ReadToken()
		if err != nil || tag.Kind() != '"' {
			return "", invalid(place+".type", "Input should be a valid string")
		}
		return tag.String(), nil
	}
	return "", invalid(place+".type", required)
}

// unknownTag refuses a type that is none of the expected.
func unknownTag(place, tag string, expected ...string) error {
	return invalid(place, "Input tag '"+tag+"' found using 'type' does not match any of the expected tags: '"+
		strings.Join(expected, "', '")+"'")
}
