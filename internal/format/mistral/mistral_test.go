package mistral_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/format/mistral"
	"github.com/saprolite/saprolite/internal/recorded"
)

var prompts = formattest.Suite{
	Format:   mistral.New(),
	ModelIDs: []string{"mistral.mistral-7b-instruct-v0:2"},
	Recorded: []recorded.Filter{recorded.Family("mistral")},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true, Prompt: true, Extras: []string{`{"top_k":50}`},
	},
	Malformed: []formattest.Malformed{
		{Name: "no prompt", Body: `{"max_tokens":1}`,
			Message: "Malformed input request: #: required key [prompt] not found, please reformat your input and try again."},
		{Name: "one stop", Body: `{"prompt":"Hi","stop":"|"}`,
			Message: "Malformed input request: #/stop: expected type: JSONArray, found: String, please reformat your input and try again."},
	},
}

var chats = formattest.Suite{
	Format:   mistral.New(),
	ModelIDs: []string{"mistral.mistral-large-2407-v1:0", "mistral.pixtral-large-2502-v1:0"},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true, Extras: []string{`{"top_k":50}`},
		Blocks: []string{"image", "toolUse"},
	},
	Malformed: []formattest.Malformed{
		{Name: "a prompt", Body: `{"prompt":"Hi"}`,
			Message: "Malformed input request: 2 schema violations found, please reformat your input and try again."},
	},
}

func TestPrompts(t *testing.T) { formattest.Run(t, prompts) }

func TestChats(t *testing.T) { formattest.Run(t, chats) }

// TestRecordedChat has a request of the chat form that was refused for want of
// access, before its body was read.
func TestRecordedChat(t *testing.T) {
	for _, one := range recorded.Load(t, recorded.Model("us.mistral.pixtral-large-2502-v1:0"), recorded.Operation("InvokeModel")) {
		request, err := mistral.New().ParseRequest("mistral.pixtral-large-2502-v1:0", one.Request.Body)
		if err != nil {
			t.Fatal(err)
		}
		blocks := request.Conversation.Messages[0].Content
		if len(blocks) != 2 || blocks[1].Image == nil || blocks[1].Image.Format != "png" || len(request.Conversation.ToolConfig.Tools) != 1 {
			t.Errorf("%s is read as %+v", one.ID, request.Conversation)
		}
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, prompts) }

func FuzzParseChat(f *testing.F) { formattest.FuzzParseRequest(f, chats) }

func FuzzParseStream(f *testing.F) { formattest.FuzzParseStream(f, prompts) }

func FuzzParseChatStream(f *testing.F) {
	f.Add([]byte(called))
	formattest.FuzzParseStream(f, chats)
}

// called is an answer of Large 2407 that uses a tool.
const called = `{"choices":[{"index":0,"message":{"role":"assistant","content":"Looking.","tool_calls":[` +
	`{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"stop_reason":"tool_calls"}]}`

// TestOwnChat has that answer, whole and as a stream of one chunk.
func TestOwnChat(t *testing.T) {
	parsed, err := mistral.New().ParseResponse([]byte(called))
	if err != nil || parsed.StopReason != bedrock.StopReasonToolUse || len(parsed.Output.Message.Content) != 2 {
		t.Fatalf("read as %+v, %v", parsed, err)
	}
	renderer := mistral.New().Renderer("mistral.mistral-large-2407-v1:0")
	if got, err := renderer.Response(parsed); string(got) != called {
		t.Errorf("got %s, %v, want %s", got, err, called)
	}
	events := mistral.New().ParseStream(func(yield func([]byte, error) bool) { yield([]byte(called), nil) })
	want := []string{
		`{"choices":[{"index":0,"message":{"role":"assistant","content":"Looking."},"stop_reason":null}]}`,
		strings.Replace(called, "Looking.", "", 1),
	}
	var got []string
	for chunk, err := range renderer.Stream(events) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(chunk.Body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, prompts) }
