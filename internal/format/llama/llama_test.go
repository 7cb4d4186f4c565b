package llama_test

import (
	"encoding/json"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/format/llama"
	"github.com/saprolite/saprolite/internal/recorded"
)

var suite = formattest.Suite{
	Format:   llama.New(),
	ModelIDs: []string{"meta.llama3-8b-instruct-v1:0", "meta.llama2-13b-chat-v1", "meta.llama4-scout-17b-instruct-v1:0"},
	Recorded: []recorded.Filter{recorded.Family("llama")},
	Carries:  formattest.Carries{System: true, Turns: true, Prefill: true, Prompt: true},
	Malformed: []formattest.Malformed{
		{Name: "a sampler that it lacks", Body: `{"prompt":"Hi","frequency_penalty":1}`,
			Message: "Malformed input request: #: extraneous key [frequency_penalty] is not permitted, please reformat your input and try again."},
		{Name: "hot", Body: `{"prompt":"Hi","temperature":1.5}`,
			Message: "Malformed input request: #/temperature: 1.5 is not less or equal to 1, please reformat your input and try again."},
		{Name: "images", Body: `{"prompt":"Hi","images":["aGk="]}`,
			Message: "This model doesn't support the images field. Remove images and try again."},
	},
	Recast: recast,
}

type chunk struct {
	Generation           string  `json:"generation"`
	PromptTokenCount     *int    `json:"prompt_token_count"`
	GenerationTokenCount int     `json:"generation_token_count"`
	StopReason           *string `json:"stop_reason"`
}

// recast moves what is known at the end to the end: there the provider tells
// the count of the prompt and the reason, in a chunk that has no text.
func recast(chunks [][]byte) [][]byte {
	var all [][]byte
	var input *int
	for i, data := range chunks {
		var c chunk
		if err := json.Unmarshal(data, &c); err != nil {
			panic(err)
		}
		if i == 0 {
			input, c.PromptTokenCount = c.PromptTokenCount, nil
		}
		last := c
		if c.StopReason != nil {
			c.StopReason = nil
		}
		if c.Generation != "" {
			all = append(all, marshal(c))
		}
		if last.StopReason != nil {
			last.Generation, last.PromptTokenCount = "", input
			all = append(all, marshal(last))
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

func TestRequestRefuses(t *testing.T) {
	_, err := llama.New().RenderRequest("meta.llama3-8b-instruct-v1:0", &bedrock.ConverseRequest{
		InferenceConfig: &bedrock.InferenceConfiguration{StopSequences: []string{"|"}},
		Messages:        []bedrock.Message{{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("Hi")}}}},
	})
	if err == nil || err.Error() != "ValidationException: This model doesn't support the stopSequences field. Remove stopSequences and try again." {
		t.Errorf("got %v", err)
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, suite) }

func FuzzParseStream(f *testing.F) { formattest.FuzzParseStream(f, suite) }

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, suite) }
