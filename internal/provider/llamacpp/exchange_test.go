package llamacpp

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// says is a content of texts.
func says(texts ...string) openai.Content {
	var content openai.Content
	for _, text := range texts {
		content = append(content, openai.Part{Text: text})
	}
	return content
}

func TestMessages(t *testing.T) {
	type messages = []openai.Message
	for _, test := range []struct {
		name     string
		system   bool
		in, want messages
	}{
		{
			"an empty system prompt for the default model", true,
			messages{{Role: "user", Content: says("a")}},
			messages{{Role: "system"}, {Role: "user", Content: says("a")}},
		},
		{
			"the caller's own stays", true,
			messages{{Role: "system", Content: says("s")}, {Role: "user", Content: says("a")}},
			messages{{Role: "system", Content: says("s")}, {Role: "user", Content: says("a")}},
		},
		{
			"messages of one role are joined", false,
			messages{
				{Role: "user", Content: says("a")}, {Role: "user", Content: says("b")},
				{Role: "assistant", Content: says("c"), Reasoning: "r"}, {Role: "assistant", Content: says("d")},
			},
			messages{{Role: "user", Content: says("a", "b")}, {Role: "assistant", Content: says("c", "d"), Reasoning: "r"}},
		},
		{
			"images keep their places", true,
			messages{{Role: "system", Content: says("s")}, {Role: "user", Content: openai.Content{{Text: "a"}, {Image: "data:"}}}, {Role: "user", Content: says("b")}},
			messages{{Role: "system", Content: says("s")}, {Role: "user", Content: openai.Content{{Text: "a"}, {Image: "data:"}, {Text: "b"}}}},
		},
		{
			"control tokens are broken up everywhere", false,
			messages{{Role: "system", Content: says("<s>")}, {Role: "user", Content: says("</s>")}, {Role: "assistant", Content: says("<s>"), Reasoning: "<s>"}},
			messages{
				{Role: "system", Content: says("<\u2060s>")}, {Role: "user", Content: says("<\u2060/s>")},
				{Role: "assistant", Content: says("<\u2060s>"), Reasoning: "<\u2060s>"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := exchange{traits: &traits{breaker: newBreaker(chatml)}, system: test.system}
			if d := cmp.Diff(test.want, x.fit(test.in), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
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
