package deepseek_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/deepseek"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/provider"
)

var suite = formattest.Suite{
	Format:   deepseek.New(),
	ModelIDs: []string{"deepseek.r1-v1:0"},
	Carries:  formattest.Carries{System: true, Turns: true, Prefill: true, StopSequences: true, Prompt: true},
	Malformed: []formattest.Malformed{
		{Name: "long", Body: `{"prompt":"Hi","max_tokens":32769}`,
			Message: "Malformed input request: #/max_tokens: 32769 is not less or equal to 32768, please reformat your input and try again."},
	},
}

func TestSuite(t *testing.T) { formattest.Run(t, suite) }

func thinking(yield func(bedrock.ConverseStreamOutput, error) bool) {
	w := provider.NewWriter(yield)
	w.Reasoning("Rock")
	w.Reasoning(" weathers.")
	w.Text("It is")
	w.Text(" soft.")
	w.Stop(bedrock.StopReasonEndTurn, nil)
	w.Metadata(bedrock.TokenUsage{InputTokens: 3, OutputTokens: 9})
}

// TestReasoning has the tags where the prompt opened the reasoning and where it
// did not, streamed and whole.
func TestReasoning(t *testing.T) {
	for prompt, open := range map[string]string{
		`Hi`: `<think>\n`,
		`<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>\n`: ``,
	} {
		request, err := deepseek.New().ParseRequest("deepseek.r1-v1:0", []byte(`{"prompt":"`+prompt+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			`{"choices":[{"text":"` + open + `Rock","stop_reason":null}]}`,
			`{"choices":[{"text":" weathers.","stop_reason":null}]}`,
			`{"choices":[{"text":"\n</think>\n\nIt is","stop_reason":null}]}`,
			`{"choices":[{"text":" soft.","stop_reason":null}]}`,
			`{"choices":[{"text":"","stop_reason":"stop"}]}`,
		}
		var got []string
		for chunk, err := range request.Renderer.Stream(thinking) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(chunk.Body))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		body := `{"choices":[{"text":"` + open + `Rock weathers.\n</think>\n\nIt is soft.","stop_reason":"stop"}]}`
		parsed, err := deepseek.New().ParseResponse([]byte(body))
		if err != nil || parsed.Output.Message.Content[0].ReasoningContent == nil || *parsed.Output.Message.Content[1].Text != "It is soft." {
			t.Fatalf("%s is read as %+v, %v", body, parsed, err)
		}
		if again, err := request.Renderer.Response(parsed); string(again) != body {
			t.Errorf("got %s, %v, want %s", again, err, body)
		}
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, suite) }

func FuzzParseStream(f *testing.F) {
	f.Add([]byte(`{"choices":[{"text":"<think>\nHm.\n</think>\n\nHi","stop_reason":null}]}` + "\n" + `{"choices":[{"text":"","stop_reason":"stop"}]}`))
	formattest.FuzzParseStream(f, suite)
}

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, suite) }
