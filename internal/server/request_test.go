package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

const (
	pixel   = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
	opus    = "/model/anthropic.claude-opus-4-8"
	nova    = "/model/amazon.nova-pro-v1:0"
	gptOSS  = "/model/openai.gpt-oss-20b-1:0"
	toolF   = `{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}`
	toolG   = `{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object"}}}}`
	sayHi   = `{"role":"user","content":[{"text":"Hi"}]}`
	plainHi = `{"content":"Hi","role":"user"}`
)

// TestReachesTheModel asks with what a request may hold beyond text, and looks at
// what the model's server is asked.
func TestReachesTheModel(t *testing.T) {
	everyMedium := provider.Abilities{Images: true, Video: true, Audio: true}
	from := newUpstream(t, "Hello")
	web, client := from.house(t, everyMedium), newClient(t, http1)
	for name, test := range map[string]struct {
		path, body string
		// want are members of the request, by name; absent is one that is not there.
		want map[string]string
	}{
		"thinking of Claude": {
			opus, `{"messages":[` + sayHi + `],"additionalModelRequestFields":{"thinking":{"type":"adaptive"},"output_config":{"effort":"max"},"anthropic_beta":["x"]}}`,
			map[string]string{"chat_template_kwargs": `{"enable_thinking":true,"thinking":true}`, "reasoning_effort": `"high"`, "thinking": "", "anthropic_beta": "", "output_config": ""},
		},
		"thinking of Nova": {
			"/model/us.amazon.nova-2-lite-v1:0", `{"messages":[` + sayHi + `],"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}}`,
			map[string]string{"chat_template_kwargs": `{"enable_thinking":true,"thinking":true}`, "reasoning_effort": `"low"`, "reasoningConfig": ""},
		},
		"effort of gpt-oss": {
			gptOSS, `{"messages":[` + sayHi + `],"additionalModelRequestFields":{"reasoning_effort":"medium"}}`,
			map[string]string{"reasoning_effort": `"medium"`, "chat_template_kwargs": ""},
		},
		"reasoning in history": {
			opus, `{"messages":[` + sayHi + `,{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"c2ln"}}},{"text":"Yes?"}]},` + sayHi + `]}`,
			map[string]string{"messages": `[` + plainHi + `,{"content":"Yes?","reasoning_content":"Hm.","role":"assistant"},` + plainHi + `]`},
		},
		"guarded content": {
			nova, `{"system":[{"guardContent":{"text":{"text":"Be kind."}}}],"messages":[{"role":"user","content":[{"text":"a"},{"guardContent":{"text":{"text":"b","qualifiers":["query"]}}}]}]}`,
			map[string]string{"messages": `[{"content":"Be kind.","role":"system"},{"content":"a\nb","role":"user"}]`},
		},
		"a tool goes": {
			opus, `{"toolConfig":{"tools":[` + toolF + `,` + toolG + `]},"messages":[` + sayHi + `,{"role":"system","content":[{"text":"No f."},{"toolRemoval":{"tool":{"name":"f"}}}]}]}`,
			map[string]string{
				"messages": `[` + plainHi + `,{"content":"No f.","role":"system"}]`,
				"tools":    `[{"function":{"name":"g","parameters":{"type":"object"}},"type":"function"}]`,
			},
		},
		"a tool comes back": {
			opus, `{"toolConfig":{"tools":[` + toolF + `]},"messages":[` + sayHi + `,{"role":"system","content":[{"toolRemoval":{"tool":{"name":"f"}}}]},` + sayHi + `,{"role":"system","content":[{"toolAddition":{"tool":{"name":"f"}}}]}]}`,
			map[string]string{"messages": `[` + plainHi + `,` + plainHi + `]`, "tools": `[{"function":{"name":"f","parameters":{"type":"object"}},"type":"function"}]`},
		},
		"an image": {
			nova, `{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"` + pixel + `"}}}]}]}`,
			map[string]string{"messages": `[{"content":[{"image_url":{"url":"data:image/png;base64,` + pixel + `"},"type":"image_url"}],"role":"user"}]`},
		},
		"a video": {
			nova, `{"messages":[{"role":"user","content":[{"video":{"format":"three_gp","source":{"bytes":"AAAA"}}},{"text":"What?"}]}]}`,
			map[string]string{"messages": `[{"content":[{"type":"video_url","video_url":{"url":"data:video/3gpp;base64,AAAA"}},{"text":"What?","type":"text"}],"role":"user"}]`},
		},
		"a sound": {
			"/model/acme.ears", `{"messages":[{"role":"user","content":[{"audio":{"format":"mpga","source":{"bytes":"AAAA"}}}]}]}`,
			map[string]string{"messages": `[{"content":[{"input_audio":{"data":"AAAA","format":"mp3"},"type":"input_audio"}],"role":"user"}]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := web
			if strings.Contains(test.path, "acme") {
				to = serve(t, server.New(options(newCatalog(t, catalog.Mapping{ID: "acme.*", Provider: "test"}), from.provider(t, everyMedium))))
			}
			got := post(t, client, to.URL+test.path+"/converse", test.body)
			if got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			asked := <-from.asked
			for member, want := range test.want {
				if d := gocmp.Diff(want, sorted(t, asked[member])); d != "" {
					t.Errorf("%s (-want +asked)\n%s", member, d)
				}
			}
		})
	}
}

// TestRefusedMedia refuses what a model, or its server, cannot take.
func TestRefusedMedia(t *testing.T) {
	web, client := newUpstream(t, "Hello").house(t, provider.Abilities{Images: true}), newClient(t, http1)
	const refused = "This model doesn't support the %s content block that you provided. Update the content block and try again."
	redacted := `{"role":"assistant","content":[{"reasoningContent":{"redactedContent":"AAAA"}},{"text":"Yes?"}]}`
	for name, test := range map[string]struct{ path, block, want string }{
		"an image for a model of text": {"/model/amazon.nova-micro-v1:0", `{"image":{"format":"png","source":{"bytes":"` + pixel + `"}}}`, fmt.Sprintf(refused, "image")},
		"a video for such a server":    {nova, `{"video":{"format":"mp4","source":{"bytes":"AAAA"}}}`, fmt.Sprintf(refused, "video")},
		"no image":                     {nova, `{"image":{"format":"png","source":{"bytes":"AAAA"}}}`, "The model returned the following errors: Could not process image"},
		"an image in S3, of Claude":    {opus, `{"image":{"format":"png","source":{"s3Location":{"uri":"s3://bucket/b.png"}}}}`, "This model doesn't support the s3Uri field. Remove s3Uri and try again."},
		"an image in S3, of Nova":      {nova, `{"image":{"format":"png","source":{"s3Location":{"uri":"s3://bucket/b.png"}}}}`, "This model doesn't support the s3Uri field. Remove s3Uri and try again."},
		"redacted reasoning":           {opus, `{"text":"Hi"}]},` + redacted + `,{"role":"user","content":[{"text":"Hi"}`, fmt.Sprintf(refused, "reasoningContent")},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, client, web.URL+test.path+"/converse", `{"messages":[{"role":"user","content":[`+test.block+`]}]}`)
			if got.status != 400 || messageOf(t, got) != test.want {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

// TestTakenApart gives reasoning and calls that a server left in the text as the
// blocks that they are, whole and streamed.
func TestTakenApart(t *testing.T) {
	client := newClient(t, http1)
	body := `{"messages":[` + sayHi + `],"toolConfig":{"tools":[` + toolF + `]}}`
	for content, test := range map[string]struct{ reason, whole, streamed string }{
		"<think>\nHm.\n</think>\n\nHello": {
			"end_turn", `/output/message/content/0/reasoningContent/reasoningText/text "Hm."`, `{"reasoningContent":{"text":"H"}}`,
		},
		"```json\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n```": {
			"tool_use", `/output/message/content/0/toolUse/input/a 1`, `{"toolUse":{"input":"{\"a\": 1}"}}`,
		},
	} {
		from := newUpstream(t, content)
		web := from.house(t, provider.Abilities{})
		got := post(t, client, web.URL+opus+"/converse", body)
		<-from.asked
		lines := jsonLines(t, got.body)
		if !slices.Contains(lines, test.whole) || !slices.Contains(lines, `/stopReason "`+test.reason+`"`) {
			t.Errorf("got %s", got.body)
		}
		got = post(t, client, web.URL+opus+"/converse-stream", body)
		<-from.asked
		stream := strings.Join(payloads(t, got.body), "\n")
		if !strings.Contains(stream, `"delta":`+test.streamed) || !strings.Contains(stream, `"stopReason":"`+test.reason+`"`) {
			t.Errorf("got %s", stream)
		}
	}
}

// TestMalformedInput answers with the input of a tool that is no JSON: as a string
// where it has to be JSON, and as it came in a stream.
func TestMalformedInput(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, `
rules:
  - reply: {toolUse: {name: f, input: "{\"a\": tru"}}
    stopReason: malformed_tool_use
`)))
	client := newClient(t, http1)
	body := `{"messages":[` + sayHi + `],"toolConfig":{"tools":[` + toolF + `]}}`
	got := post(t, client, web.URL+opus+"/converse", body)
	if lines := jsonLines(t, got.body); got.status != 200 || !slices.Contains(lines, `/output/message/content/0/toolUse/input "{\"a\": tru"`) ||
		!slices.Contains(lines, `/stopReason "malformed_tool_use"`) {
		t.Errorf("whole: %d %s", got.status, got.body)
	}
	got = post(t, client, web.URL+opus+"/converse-stream", body)
	if stream := strings.Join(payloads(t, got.body), "\n"); !strings.Contains(stream, `{"toolUse":{"input":" tru"}}`) {
		t.Errorf("streamed: %s", stream)
	}
	native := `{"anthropic_version":"bedrock-2023-05-31","max_tokens":100,"messages":[{"role":"user","content":"Hi"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`
	got = post(t, client, web.URL+opus+"/invoke", native)
	if lines := jsonLines(t, got.body); got.status != 200 || !slices.Contains(lines, `/content/0/input "{\"a\": tru"`) {
		t.Errorf("native: %d %s", got.status, got.body)
	}
	native = `{"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}`
	got = post(t, client, web.URL+gptOSS+"/invoke", native)
	if lines := jsonLines(t, got.body); got.status != 200 || !slices.Contains(lines, `/choices/0/message/tool_calls/0/function/arguments "{\"a\": tru"`) {
		t.Errorf("chat: %d %s", got.status, got.body)
	}
}
