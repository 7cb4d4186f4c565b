package providertest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// answer collects an answer that is not to fail.
func (s *suite) answer(t *testing.T, call provider.Call) Answer {
	t.Helper()
	a, err := Collect(t, t.Context(), s.Provider, call)
	if err != nil {
		t.Fatal(err)
	}
	s.checkUsage(t, call, a)
	return a
}

// checkUsage adds the counts up, and asks the counter for the same.
func (s *suite) checkUsage(t *testing.T, call provider.Call, a Answer) {
	t.Helper()
	u := a.Usage
	sum := u.InputTokens + u.OutputTokens
	for _, cached := range []*int32{u.CacheReadInputTokens, u.CacheWriteInputTokens} {
		if cached != nil {
			sum += *cached
		}
	}
	if u.InputTokens <= 0 || u.TotalTokens != sum {
		t.Errorf("usage %s does not add up", encode(t, u))
	}
	if a.Text+a.Reasoning != "" && u.OutputTokens <= 0 {
		t.Errorf("usage %s has no output", encode(t, u))
	}
	if counter, ok := s.Provider.(provider.TokenCounter); ok && s.Counts {
		n, err := counter.CountTokens(t.Context(), call)
		if err != nil || n != u.InputTokens {
			t.Errorf("CountTokens gives %d, %v; the answer had %d inputTokens", n, err, u.InputTokens)
		}
	}
}

func (s *suite) stream(t *testing.T) {
	a := s.answer(t, s.call(s.Prompt, streamed))
	if a.Deltas < 2 {
		t.Errorf("%d delta(s) for %q", a.Deltas, a.Text)
	}
	checkEndTurn(t, a)
}

func (s *suite) plain(t *testing.T) {
	a := s.answer(t, s.call(s.Prompt, plain))
	blocks := 0
	for _, event := range a.Events {
		if event.ContentBlockStop != nil {
			blocks++
		}
	}
	if a.Deltas != blocks {
		t.Errorf("%d blocks came in %d deltas", blocks, a.Deltas)
	}
	checkEndTurn(t, a)
}

func checkEndTurn(t *testing.T, a Answer) {
	t.Helper()
	if a.Text == "" || a.StopReason != bedrock.StopReasonEndTurn || len(a.Fields) > 0 {
		t.Errorf("text %q, stop reason %s, fields %s; want some text and end_turn", a.Text, a.StopReason, a.Fields)
	}
}

func (s *suite) maxTokens(t *testing.T) {
	both(t, func(t *testing.T, how stream) {
		call := s.call(s.Endless, how)
		call.Request.InferenceConfig.MaxTokens = new(int32(3))
		a := s.answer(t, call)
		if a.StopReason != bedrock.StopReasonMaxTokens || a.Usage.OutputTokens != 3 {
			t.Errorf("stop reason %s after %d tokens, want max_tokens after 3", a.StopReason, a.Usage.OutputTokens)
		}
	})
}

func (s *suite) stopSequence(t *testing.T) {
	both(t, func(t *testing.T, how stream) {
		call := s.call(s.StopPrompt, how)
		call.Request.InferenceConfig.MaxTokens = new(int32(200))
		call.Request.InferenceConfig.StopSequences = []string{"\x00never\x00", s.StopSequence}
		a := s.answer(t, call)
		if a.StopReason != bedrock.StopReasonStopSequence {
			t.Errorf("stop reason %s, want stop_sequence", a.StopReason)
		}
		if a.Text == "" || strings.Contains(a.Text, s.StopSequence) {
			t.Errorf("text %q, want what comes before %q", a.Text, s.StopSequence)
		}
		var fields map[string]string
		if err := json.Unmarshal(a.Fields, &fields); err != nil || len(fields) != 1 || fields["stop_sequence"] != s.StopSequence {
			t.Errorf("additionalModelResponseFields %s, want the stop_sequence %q", a.Fields, s.StopSequence)
		}
	})
	both(t, func(t *testing.T, how stream) {
		call := s.call(s.Prompt, how)
		call.Request.InferenceConfig.StopSequences = []string{"\x00never\x00"}
		checkEndTurn(t, s.answer(t, call))
	})
}

func (s *suite) system(t *testing.T) {
	both(t, func(t *testing.T, how stream) {
		without := s.answer(t, s.call(s.Prompt, how))
		call := s.call(s.Prompt, how)
		call.Request.System = []bedrock.SystemContentBlock{{Text: &s.System}}
		with := s.answer(t, call)
		if with.Usage.InputTokens == without.Usage.InputTokens {
			t.Errorf("%d input tokens with the system prompt and without it", with.Usage.InputTokens)
		}
		if s.CheckSystem != nil {
			s.CheckSystem(t, with.Text)
		}
	})
}

func (s *suite) prefill(t *testing.T) {
	both(t, func(t *testing.T, how stream) {
		call := s.call(s.PrefillPrompt, how)
		call.Request.Messages = append(call.Request.Messages, message(bedrock.ConversationRoleAssistant, s.Prefill))
		a := s.answer(t, call)
		if a.Text == "" || strings.HasPrefix(strings.TrimSpace(a.Text), strings.TrimSpace(s.Prefill)) {
			t.Errorf("the answer %q repeats %q or is empty", a.Text, s.Prefill)
		}
	})
}

func (s *suite) turns(t *testing.T) {
	both(t, func(t *testing.T, how stream) {
		one := s.answer(t, s.call(s.Prompt, how))
		call := s.call(s.Prompt, how)
		call.Request.Messages = append(call.Request.Messages,
			message(bedrock.ConversationRoleAssistant, one.Text),
			message(bedrock.ConversationRoleUser, s.Prompt))
		two := s.answer(t, call)
		if two.Usage.InputTokens <= one.Usage.InputTokens {
			t.Errorf("%d input tokens of two turns, %d of one", two.Usage.InputTokens, one.Usage.InputTokens)
		}
	})
}

func (s *suite) countTokens(t *testing.T) {
	if _, ok := s.Provider.(provider.TokenCounter); s.Counts && !ok {
		t.Error("the provider is no TokenCounter")
	}
}
