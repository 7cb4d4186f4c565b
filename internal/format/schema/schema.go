// Package schema reads native bodies as the service does: strictly, against a
// schema, and with its wording where a body breaks it. The schema of a body is
// the Go type that it is read into, so there is no second description of it.
//
// The service validates with the Java library org.everit.json.schema; the texts
// here are that library's, as they reach callers inside "Malformed input
// request: …, please reformat your input and try again.".
package schema

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// Wording says how the service puts several violations into one message.
type Wording int

// The wordings. Which one a model has depends on its family.
const (
	// Counted gives their number: "2 schema violations found". Titan, Llama,
	// Mistral and Cohere have it.
	Counted Wording = iota
	// Listed joins their texts without a separator. Anthropic and AI21 have it.
	Listed
)

// Schema reads bodies of the type T.
type Schema[T any] struct {
	root    *node
	wording Wording
}

// For makes the schema of T, a struct with json tags. Its members are optional
// and closed: a name that T lacks is a violation, unless T has a member tagged
// `json:",embed"` that takes the rest. A member's tag "schema" adds to that, as
//
//	`schema:"required,minLength=1"`
//	`schema:"min=0,max=1"`
//
// with required, nullable, min, max (numbers), minLength, maxLength (strings, in
// characters), minItems and maxItems (arrays). Members of interface or raw JSON
// types take anything; of a type with its own UnmarshalJSONFrom, what that takes.
//
// For panics where a tag is wrong, so call it when the program starts.
func For[T any](wording Wording) *Schema[T] {
	return &Schema[T]{root: compile(reflect.TypeFor[T]()), wording: wording}
}

// Decode reads one body. The error is a *bedrock.ValidationException.
func (s *Schema[T]) Decode(body []byte) (*T, error) {
	value := new(T)
	err := json.Unmarshal(body, value, json.RejectUnknownMembers(true))
	if err == nil && !mayHoldNull(body) && s.root.holds(reflect.ValueOf(value).Elem()) {
		return value, nil
	}
	if jsontext.Value(body).IsValid() {
		if violations := s.root.check("#", body, nil); len(violations) > 0 {
			return nil, malformed(s.wording, violations)
		}
	}
	if err != nil {
		return nil, bedrock.WithCause(Malformed(), err)
	}
	return value, nil
}

// mayHoldNull says whether one of the values of a body may be null, which reads
// as absent: the word stands where a value does. In a text it can too, as the
// check then finds.
func mayHoldNull(body []byte) bool {
	for {
		before, after, found := bytes.Cut(body, []byte("null"))
		if !found {
			return false
		}
		before = bytes.TrimRight(before, " \t\r\n")
		if n := len(before); n > 0 && bytes.IndexByte([]byte(":,["), before[n-1]) >= 0 {
			return true
		}
		body = after
	}
}

// Malformed is the error of a body that is no JSON object at all, or cannot be
// read for a reason that has no wording of its own.
func Malformed() *bedrock.ValidationException {
	return &bedrock.ValidationException{Message: "Malformed input request, please reformat your input and try again."}
}

// Violation is the error of a body that breaks its schema at a place, a JSON
// pointer behind "#", in a way that T does not express.
func Violation(place, text string) *bedrock.ValidationException {
	return malformed(Counted, []string{place + ": " + text})
}

// Unsupported is the error of a member that the service knows and that cannot
// be carried here. The wording is the one that the service has for members that
// a model lacks.
func Unsupported(member string) *bedrock.ValidationException {
	return &bedrock.ValidationException{
		Message: "This model doesn't support the " + member + " field. Remove " + member + " and try again.",
	}
}

// UnsupportedBlock is the error of a content block that a native body has no
// place for. block is one of the unions of the API, as bedrock.ContentBlock.
func UnsupportedBlock(block any) *bedrock.ValidationException {
	return &bedrock.ValidationException{
		Message: "This model doesn't support the " + kindOf(block) + " content block that you provided. " +
			"Update the content block and try again.",
	}
}

// kindOf is the name of the member of a union that is set.
func kindOf(union any) string {
	v := reflect.ValueOf(union)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return "empty"
}

func malformed(wording Wording, violations []string) *bedrock.ValidationException {
	text := strings.Join(violations, "")
	if wording == Counted && len(violations) > 1 {
		text = strconv.Itoa(len(violations)) + " schema violations found"
	}
	return &bedrock.ValidationException{
		Message: "Malformed input request: " + text + ", please reformat your input and try again.",
	}
}
