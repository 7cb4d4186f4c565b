package titan_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/format/titan"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
)

var suite = formattest.Suite{
	Format:   titan.New(),
	ModelIDs: []string{"amazon.titan-text-express-v1"},
	Recorded: []recorded.Filter{recorded.Family("titan")},
	Carries:  formattest.Carries{System: true, Turns: true, Prefill: true, StopSequences: true, Prompt: true},
	Malformed: []formattest.Malformed{
		{Name: "another family's body", Body: `{"prompt":"Hi"}`,
			Message: "Malformed input request: 2 schema violations found, please reformat your input and try again."},
		{Name: "a number in quotes", Body: `{"inputText":"Hi","textGenerationConfig":{"temperature":"0.5"}}`,
			Message: "Malformed input request: #/textGenerationConfig/temperature: expected type: Number, found: String, please reformat your input and try again."},
		{Name: "a sampler that it lacks", Body: `{"inputText":"Hi","textGenerationConfig":{"topK":5}}`,
			Message: "Malformed input request: #/textGenerationConfig: extraneous key [topK] is not permitted, please reformat your input and try again."},
	},
	Recast: recast,
}

type chunk struct {
	OutputText                string  `json:"outputText"`
	Index                     int     `json:"index"`
	TotalOutputTextTokenCount *int    `json:"totalOutputTextTokenCount"`
	CompletionReason          *string `json:"completionReason"`
	InputTextTokenCount       *int    `json:"inputTextTokenCount"`
}

// recast moves what is known at the end to the end: there the provider tells
// the counts and the reason, in a chunk that has no text.
func recast(chunks [][]byte) [][]byte {
	var all [][]byte
	var input *int
	for _, data := range chunks {
		var c chunk
		if err := json.Unmarshal(data, &c); err != nil {
			panic(err)
		}
		if c.InputTextTokenCount != nil {
			input = c.InputTextTokenCount
		}
		all = append(all, marshal(chunk{OutputText: c.OutputText}))
		if c.CompletionReason != nil {
			c.OutputText, c.InputTextTokenCount = "", input
			all = append(all, marshal(c))
		}
	}
	return all
}

func marshal(c chunk) []byte {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return data
}

func TestSuite(t *testing.T) { formattest.Run(t, suite) }

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, suite) }

func FuzzParseStream(f *testing.F) { formattest.FuzzParseStream(f, suite) }

// TestStopReasons has the words that no recording has.
func TestStopReasons(t *testing.T) {
	for word, want := range map[string]bedrock.StopReason{
		"STOP_CRITERIA_MET": bedrock.StopReasonStopSequence,
		"CONTENT_FILTERED":  bedrock.StopReasonContentFiltered,
	} {
		body := `{"inputTextTokenCount":3,"results":[{"tokenCount":1,"outputText":"Hi","completionReason":"` + word + `"}]}`
		parsed, err := titan.New().ParseResponse([]byte(body))
		if err != nil || parsed.StopReason != want {
			t.Fatalf("%s: got %v, %v", word, parsed, err)
		}
		if again, err := titan.New().Renderer("").Response(parsed); string(again) != body {
			t.Errorf("got %s, %v, want %s", again, err, body)
		}
	}
}

// TestInputTokensKnownEarly has a provider's count ahead of the answer: then the
// chunks are the recorded ones.
func TestInputTokensKnownEarly(t *testing.T) {
	events := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		yield(bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{
			Usage: bedrock.TokenUsage{InputTokens: 13},
		}}, nil)
		w := provider.NewWriter(yield)
		w.Text("Once")
		w.Text(" upon")
		w.Stop(bedrock.StopReasonMaxTokens, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 13, OutputTokens: 100})
	}
	want := []string{
		`{"outputText":"Once","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":13}`,
		`{"outputText":" upon","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":null}`,
		`{"outputText":"","index":0,"totalOutputTextTokenCount":100,"completionReason":"LENGTH","inputTextTokenCount":null}`,
	}
	var got []string
	for chunk, err := range titan.New().Renderer("").Stream(events) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(chunk.Body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, suite) }
