package llamacpp

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
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
			e := exchange{breaker: newBreaker(chatml), system: test.system}
			if d := cmp.Diff(test.want, e.messages(test.in)); d != "" {
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
