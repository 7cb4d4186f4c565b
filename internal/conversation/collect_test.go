package conversation_test

import (
	"encoding/json"
	"errors"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// events reads events from their JSON, as [":event-type", payload] pairs.
func events(t *testing.T, pairs ...[2]string) provider.Events {
	t.Helper()
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for _, pair := range pairs {
			var event bedrock.ConverseStreamOutput
			if err := json.Unmarshal([]byte(pair[1]), event.SetEvent(pair[0])); err != nil {
				t.Error(err)
				return
			}
			if !yield(event, nil) {
				return
			}
		}
	}
}

// Every kind of block is collected from its deltas.
func TestCollect(t *testing.T) {
	const start, delta, stop = "contentBlockStart", "contentBlockDelta", "contentBlockStop"
	for want, deltas := range map[string][][2]string{
		`{"text":"Hello"}`: {{delta, `{"delta":{"text":"Hel"}}`}, {delta, `{"delta":{"text":"lo"}}`}},
		`{"text":""}`:      nil,
		`{"toolUse":{"input":{"a":1},"name":"f","toolUseId":"t"}}`: {
			{start, `{"start":{"toolUse":{"name":"f","toolUseId":"t"}}}`},
			{delta, `{"delta":{"toolUse":{"input":"{\"a\""}}}`}, {delta, `{"delta":{"toolUse":{"input":":1}"}}}`}},
		`{"toolUse":{"input":{},"name":"f","toolUseId":"t"}}`: {{start, `{"start":{"toolUse":{"name":"f","toolUseId":"t"}}}`}},
		`{"toolUse":{"input":"{\"a\": tru","name":"f","toolUseId":"t"}}`: {
			{start, `{"start":{"toolUse":{"name":"f","toolUseId":"t"}}}`}, {delta, `{"delta":{"toolUse":{"input":"{\"a\": tru"}}}`}},
		`{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"s"}}}`: {
			{delta, `{"delta":{"reasoningContent":{"text":"Hm."}}}`}, {delta, `{"delta":{"reasoningContent":{"signature":"s"}}}`}},
		`{"reasoningContent":{"redactedContent":"aHVzaA=="}}`: {{delta, `{"delta":{"reasoningContent":{"redactedContent":"aHVzaA=="}}}`}},
		`{"citationsContent":{"citations":[{"location":{"documentChar":{"documentIndex":0,"end":5,"start":0}},"sourceContent":[{"text":"soft"}],"title":"T"}],"content":[{"text":"It is soft."}]}}`: {
			{delta, `{"delta":{"text":"It is "}}`}, {delta, `{"delta":{"text":"soft."}}`},
			{delta, `{"delta":{"citation":{"location":{"documentChar":{"documentIndex":0,"end":5,"start":0}},"sourceContent":[{"text":"soft"}],"title":"T"}}}`}},
		`{"toolResult":{"content":[{"json":{"exitCode":0}},{"text":"x"}],"status":"success","toolUseId":"t","type":"nova_code_interpreter_result"}}`: {
			{start, `{"start":{"toolResult":{"status":"success","toolUseId":"t","type":"nova_code_interpreter_result"}}}`},
			{delta, `{"delta":{"toolResult":[{"json":{"exitCode":0}}]}}`}, {delta, `{"delta":{"toolResult":[{"text":"x"}]}}`}},
	} {
		pairs := append([][2]string{{"messageStart", `{"role":"assistant"}`}}, deltas...)
		pairs = append(pairs, [2]string{stop, `{}`}, [2]string{"messageStop", `{"stopReason":"end_turn"}`}, [2]string{"metadata", `{"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}`})
		got, err := conversation.Collect(events(t, pairs...))
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		var block bedrock.ContentBlock
		if err := json.Unmarshal([]byte(want), &block); err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff([]bedrock.ContentBlock{block}, got.Output.Message.Content); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if got.StopReason != bedrock.StopReasonEndTurn || got.Usage.TotalTokens != 3 {
			t.Errorf("stopReason %s, usage %+v", got.StopReason, got.Usage)
		}
	}
}

// Events that break off are no answer.
func TestCollectRefuses(t *testing.T) {
	_, err := conversation.Collect(events(t, [2]string{"messageStart", `{"role":"assistant"}`}, [2]string{"contentBlockDelta", `{"delta":{"text":"x"}}`}))
	if _, ok := errors.AsType[*bedrock.ModelErrorException](err); !ok {
		t.Errorf("an answer without its end gave %v", err)
	}
	broken := errors.New("broken")
	_, err = conversation.Collect(func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		if yield(bedrock.ConverseStreamOutput{MessageStart: &bedrock.MessageStartEvent{}}, nil) {
			yield(bedrock.ConverseStreamOutput{}, broken)
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the events", err)
	}
}
