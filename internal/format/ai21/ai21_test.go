package ai21_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/ai21"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
)

func isJamba(i *recorded.Interaction) bool { return strings.Contains(i.ModelID, "jamba") }

func isJurassic(i *recorded.Interaction) bool { return !isJamba(i) }

var jamba = formattest.Suite{
	Format:   ai21.New(),
	ModelIDs: []string{"ai21.jamba-1-5-mini-v1:0", "ai21.jamba-instruct-v1:0"},
	Recorded: []recorded.Filter{recorded.Family("ai21"), isJamba},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true,
		Extras: []string{`{"frequency_penalty":0.5}`, `{"presence_penalty":-0.5}`},
		Blocks: []string{"image"},
	},
	Malformed: []formattest.Malformed{
		{Name: "violations are listed", Body: `{"temperature":"1"}`,
			Message: "Malformed input request: #: required key [messages] not found#/temperature: expected type: Number, found: String, please reformat your input and try again."},
		{Name: "documents", Body: `{"messages":[{"role":"user","content":"Hi"}],"documents":[{}]}`,
			Message: "This model doesn't support the documents field. Remove documents and try again."},
	},
	MadeUp: []string{"/id"},
	Recast: recast,
}

// recast takes the counts from all chunks but the one at the end: there the
// provider tells them.
func recast(chunks [][]byte) [][]byte {
	var all [][]byte
	for i, data := range chunks {
		usage := strings.Index(string(data), `,"usage":`)
		if usage >= 0 && i < len(chunks)-2 {
			data = append(append([]byte{}, data[:usage]...), '}')
		}
		all = append(all, data)
	}
	return all
}

func TestJamba(t *testing.T) { formattest.Run(t, jamba) }

func say(role bedrock.ConversationRole, text string) bedrock.Message {
	return bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: &text}}}
}

// TestTools has tools, which Jamba may use as it likes.
func TestTools(t *testing.T) {
	c := &bedrock.ConverseRequest{
		Messages: []bedrock.Message{say("user", "Hi")},
		ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
			Name: new("f"), InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{}`)},
		}}}},
	}
	body, err := ai21.New().RenderRequest(jamba.ModelIDs[0], c)
	if err != nil {
		t.Fatal(err)
	}
	request, err := ai21.New().ParseRequest(jamba.ModelIDs[0], body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, request.Conversation); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	c.ToolConfig.ToolChoice = &bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}}
	_, err = ai21.New().RenderRequest(jamba.ModelIDs[0], c)
	want := "ValidationException: This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again."
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestStopSequence has the sequence named where other families only know that
// there was one.
func TestStopSequence(t *testing.T) {
	events := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Stop(bedrock.StopReasonStopSequence, provider.StopSequenceFields("|"))
		w.Metadata(bedrock.TokenUsage{InputTokens: 3, OutputTokens: 1})
	}
	var bodies [][]byte
	for chunk, err := range ai21.New().Renderer(jamba.ModelIDs[0]).Stream(events) {
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, chunk.Body)
	}
	if n := len(bodies); n != 3 || !strings.Contains(string(bodies[1]), `"finish_reason":"stop","stop_reason":"|"}`) || string(bodies[2]) != "{}" {
		t.Errorf("got %s", bodies)
	}
}

// TestJurassic has its recordings: requests are understood and written again,
// answers too, byte for byte.
func TestJurassic(t *testing.T) {
	for _, one := range recorded.Load(t, recorded.Family("ai21"), isJurassic) {
		request, err := ai21.New().ParseRequest(one.ModelID, one.Request.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, err := ai21.New().RenderRequest(one.ModelID, request.Conversation)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ai21.New().ParseRequest(one.ModelID, body)
		if diff := cmp.Diff(request.Conversation, again.Conversation); diff != "" || err != nil {
			t.Errorf("%v (-before +after)\n%s", err, diff)
		}
		parsed, err := ai21.New().ParseResponse(one.Response.Body)
		if err != nil {
			t.Fatal(err)
		}
		rendered, err := request.Renderer.Response(parsed)
		if diff := cmp.Diff(string(one.Response.Body), string(rendered)); diff != "" || err != nil {
			t.Errorf("%v (-recorded +rendered)\n%s", err, diff)
		}
	}
}

// TestJurassicAnswer has an answer of a provider, whose tokens nobody knows.
func TestJurassicAnswer(t *testing.T) {
	request, err := ai21.New().ParseRequest("ai21.j2-mid-v1", []byte(`{"prompt":"Hi","maxTokens":2}`))
	if err != nil {
		t.Fatal(err)
	}
	events := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Text("Hel")
		w.Text("lo")
		w.Stop(bedrock.StopReasonMaxTokens, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 2})
	}
	want := `{"id":1234,"prompt":{"text":"Hi","tokens":[]},"completions":[{"data":{"text":"Hello","tokens":[]},"finishReason":{"reason":"length","length":2}}]}`
	for chunk, err := range request.Renderer.Stream(events) {
		if err != nil || string(chunk.Body) != want || !chunk.Last {
			t.Errorf("got %s, %v, want %s", chunk.Body, err, want)
		}
	}
	for name, c := range map[string]*bedrock.ConverseRequest{
		"a dialogue":      {Messages: []bedrock.Message{say("user", "Hi"), say("assistant", "Hello"), say("user", "Bye")}},
		"a system prompt": {System: []bedrock.SystemContentBlock{{Text: new("Be brief.")}}, Messages: []bedrock.Message{say("user", "Hi")}},
	} {
		if body, err := ai21.New().RenderRequest("ai21.j2-mid-v1", c); err == nil {
			t.Errorf("%s is written as %s", name, body)
		}
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, jamba) }

func FuzzParseStream(f *testing.F) { formattest.FuzzParseStream(f, jamba) }

func FuzzParseJurassic(f *testing.F) {
	f.Add([]byte(`{"prompt":"Hi","maxTokens":2,"countPenalty":{"scale":0}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if request, err := ai21.New().ParseRequest("ai21.j2-mid-v1", body); err == nil {
			if _, err := ai21.New().RenderRequest("ai21.j2-mid-v1", request.Conversation); err != nil {
				t.Error(err)
			}
		}
		if parsed, err := ai21.New().ParseResponse(body); err == nil {
			_, _ = ai21.New().Renderer("ai21.j2-mid-v1").Response(parsed)
		}
	})
}

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, jamba) }
