package cohere_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/cohere"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
)

func isR(i *recorded.Interaction) bool { return strings.Contains(i.ModelID, "command-r") }

func isCommand(i *recorded.Interaction) bool { return !isR(i) }

const js = "traceloop/openllmetry-js#packages/instrumentation-bedrock/recordings/Test-Cohere-with-AWS-Bedrock-Instrumentation_859624008/"

var command = formattest.Suite{
	Format:   cohere.New(),
	ModelIDs: []string{"cohere.command-text-v14", "cohere.command-light-text-v14"},
	Recorded: []recorded.Filter{recorded.Family("cohere"), isCommand},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true, Prompt: true,
		Extras: []string{`{"top_k":5}`, `{"top_k":0,"truncate":"END"}`},
	},
	Malformed: []formattest.Malformed{
		{Name: "another name", Body: `{"prompt":"Hi","top_k":5}`,
			Message: "Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your input and try again."},
		{Name: "several answers", Body: `{"prompt":"Hi","num_generations":2}`,
			Message: "This model doesn't support the num_generations field. Remove num_generations and try again."},
	},
	// Answers of 2023, with their keys in alphabetical order.
	ByValue: []string{
		js + "should-set-request-and-response-attributes-in-span-for-given-prompt_213543669/recording.har#0",
		js + "should-set-request-and-response-attributes-in-span-for-given-prompt-with-streaming-result_3091204960/recording.har#0",
	},
}

var commandR = formattest.Suite{
	Format:   cohere.New(),
	ModelIDs: []string{"cohere.command-r-v1:0", "cohere.command-r-plus-v1:0"},
	Recorded: []recorded.Filter{recorded.Family("cohere"), isR},
	Carries: formattest.Carries{
		System: true, Turns: true, StopSequences: true, Prompt: true,
		Extras: []string{`{"top_k":5}`, `{"seed":1,"frequency_penalty":0.5,"presence_penalty":0.25,"prompt_truncation":"OFF"}`},
	},
	Malformed: []formattest.Malformed{
		{Name: "no message", Body: `{}`,
			Message: "Malformed input request: #: required key [message] not found, please reformat your input and try again."},
		{Name: "another role", Body: `{"message":"Hi","chat_history":[{"role":"user","message":"Hi"}]}`,
			Message: "Malformed input request: #/chat_history/0/role: user is not a valid enum value, please reformat your input and try again."},
		{Name: "an empty message", Body: `{"message":""}`,
			Message: "Malformed input request: #/message: expected minLength: 1, actual: 0, please reformat your input and try again."},
		{Name: "a turn without a message", Body: `{"message":"Hi","chat_history":[{"role":"USER"}]}`,
			Message: "Malformed input request: #/chat_history/0: required key [message] not found, please reformat your input and try again."},
		{Name: "results without tools", Body: `{"message":"Hi","tool_results":[{"call":{"name":"a","parameters":{}},"outputs":[]}]}`,
			Message: "Malformed input request: #: required key [tools] not found, please reformat your input and try again."},
		{Name: "a parameter", Body: `{"message":"Hi","tools":[{"name":"a","parameter_definitions":{"b":"str"}}]}`,
			Message: "Malformed input request: #/tools/0/parameter_definitions/b: expected type: JSONObject, found: String, please reformat your input and try again."},
		{Name: "documents", Body: `{"message":"Hi","documents":[{"title":"a"}]}`,
			Message: "This model doesn't support the documents field. Remove documents and try again."},
	},
}

func TestCommand(t *testing.T) { formattest.Run(t, command) }

func TestCommandR(t *testing.T) { formattest.Run(t, commandR) }

func answer(yield func(bedrock.ConverseStreamOutput, error) bool) {
	w := provider.NewWriter(yield)
	w.Text("It is")
	w.Text(" soft.")
	w.Stop(bedrock.StopReasonMaxTokens, []byte(`{"id":"a","generation_id":"b"}`))
	w.Metadata(bedrock.TokenUsage{InputTokens: 3, OutputTokens: 9})
}

// TestCommandStream has both forms of a stream: a body that says stream gets
// pieces, another the whole answer in one chunk.
func TestCommandStream(t *testing.T) {
	for body, want := range map[string][]string{
		`{"prompt":"Hi","stream":true}`: {
			`{"index":0,"is_finished":false,"text":"It is"}`,
			`{"index":0,"is_finished":false,"text":" soft."}`,
			`{"finish_reason":"MAX_TOKENS","is_finished":true}`,
		},
		`{"prompt":"Hi"}`: {
			`{"id":"a","generations":[{"id":"b","text":"It is soft.","finish_reason":"MAX_TOKENS"}],"prompt":"Hi"}`,
		},
	} {
		request, err := cohere.New().ParseRequest("cohere.command-text-v14", []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for chunk, err := range request.Renderer.Stream(answer) {
			if err != nil || chunk.Last != (len(got) == len(want)-1) {
				t.Fatal(chunk.Last, err)
			}
			got = append(got, string(chunk.Body))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// TestHistory has the history echoed, with what was asked and answered.
func TestHistory(t *testing.T) {
	body := `{"message":"Why?","chat_history":[{"role":"USER","message":"Hi"},{"role":"CHATBOT","message":"Hello"}],"preamble":"Be brief."}`
	request, err := cohere.New().ParseRequest("cohere.command-r-v1:0", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := request.Renderer.Response(&bedrock.ConverseResponse{
		AdditionalModelResponseFields: []byte(`{"response_id":"a","generation_id":"b","stop_sequence":"|"}`),
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Content: []bedrock.ContentBlock{{Text: new("Just so.")}},
		}},
		StopReason: bedrock.StopReasonStopSequence,
	})
	want := `{"response_id":"a","text":"Just so.","generation_id":"b","chat_history":[{"role":"USER","message":"Hi"},` +
		`{"role":"CHATBOT","message":"Hello"},{"role":"USER","message":"Why?"},{"role":"CHATBOT","message":"Just so."}],` +
		`"finish_reason":"STOP_SEQUENCE"}`
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, command) }

func FuzzParseMessage(f *testing.F) { formattest.FuzzParseRequest(f, commandR) }

func FuzzParseStream(f *testing.F) { formattest.FuzzParseStream(f, command) }

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, command) }
