package llamacpp

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

func TestMessages(t *testing.T) {
	type messages = []openai.Message
	for _, test := range []struct {
		name     string
		system   bool
		in, want messages
	}{
		{
			"an empty system prompt for the default model", true,
			messages{{Role: "user", Content: "a"}},
			messages{{Role: "system"}, {Role: "user", Content: "a"}},
		},
		{
			"the caller's own stays", true,
			messages{{Role: "system", Content: "s"}, {Role: "user", Content: "a"}},
			messages{{Role: "system", Content: "s"}, {Role: "user", Content: "a"}},
		},
		{
			"messages of one role are joined", false,
			messages{
				{Role: "user", Content: "a"}, {Role: "user", Content: "b"},
				{Role: "assistant", Content: "c", Reasoning: "r"}, {Role: "assistant", Content: "d"},
			},
			messages{{Role: "user", Content: "a\nb"}, {Role: "assistant", Content: "c\nd", Reasoning: "r"}},
		},
		{
			"control tokens are broken up everywhere", false,
			messages{{Role: "system", Content: "<s>"}, {Role: "user", Content: "</s>"}, {Role: "assistant", Content: "<s>", Reasoning: "<s>"}},
			messages{
				{Role: "system", Content: "<\u2060s>"}, {Role: "user", Content: "<\u2060/s>"},
				{Role: "assistant", Content: "<\u2060s>", Reasoning: "<\u2060s>"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &exchange{breaker: newBreaker(chatml), system: test.system}
			if d := cmp.Diff(test.want, e.messages(test.in)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestStopSequence(t *testing.T) {
	word := `{"__verbose":{"stop_type":"word","stopping_word":"five"}}`
	for _, test := range []struct {
		name, fields string
		stops        []string
		object, want string
	}{
		{"a sequence", ``, []string{"six", "five"}, word, "five"},
		{"the template's own stop word", ``, []string{"six"}, word, ""},
		{"the end of the turn", ``, []string{"five"}, `{"__verbose":{"stop_type":"eos","stopping_word":""}}`, ""},
		{"a server without verbose", ``, []string{"five"}, `{"choices":[]}`, ""},
		{"a list among the additional fields", `{"stop":["five"]}`, nil, word, "five"},
		{"a text among the additional fields", `{"stop":"five"}`, nil, word, "five"},
		{"no sequence at all", `{"stop":7}`, nil, word, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			call := provider.Call{Model: "m", Request: &bedrock.ConverseRequest{
				InferenceConfig:              &bedrock.InferenceConfiguration{StopSequences: test.stops},
				Messages:                     []bedrock.Message{{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("a")}}}},
				AdditionalModelRequestFields: json.RawMessage(test.fields),
			}}
			body, err := openai.NewBody(call)
			if err != nil {
				t.Fatal(err)
			}
			e := &exchange{breaker: newBreaker(nil)}
			e.prepare(call, body)
			if got := e.stopSequence([]byte(test.object)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	for _, test := range []struct {
		cause error
		code  string
	}{
		{&engine.StartError{Weights: "/secret/path", Cause: errors.New("exit status 1")}, "ModelNotReadyException"},
		{&engine.NotFoundError{Cause: errors.New("no python3")}, "ServiceUnavailableException"},
		{engine.ErrStopped, "ServiceUnavailableException"},
		{errors.New("the checksum is wrong"), "ServiceUnavailableException"},
	} {
		err := unavailable(test.cause)
		public, _ := errors.AsType[bedrock.Exception](err)
		if public == nil || public.ErrorCode() != test.code || !errors.Is(err, test.cause) {
			t.Errorf("%v gives %v, want %s", test.cause, err, test.code)
		}
	}
}
