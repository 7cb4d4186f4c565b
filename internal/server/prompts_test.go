package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/prompts"
	"github.com/saprolite/saprolite/internal/server"
)

// TestMetadataHeader holds the metadata of native requests to the constraints of
// Converse's.
func TestMetadataHeader(t *testing.T) {
	web, client := serve(t, newServer(t, scripted(t, scriptedAnswer))), newClient(t, http1)
	const noObject = "The value of the header X-Amzn-Bedrock-Request-Metadata is invalid. Provide a JSON object of strings and try again."
	const detected = "1 validation error detected: Value at 'requestMetadata' failed to satisfy constraint: "
	var many []string
	for i := range 17 {
		many = append(many, fmt.Sprintf(`"k%d":"v"`, i))
	}
	for header, want := range map[string]string{
		`{"team":"blue","cost center":""}`:  "",
		`{"team":1}`:                        noObject,
		`["team"]`:                          noObject,
		`null`:                              noObject,
		`team`:                              noObject,
		`{"a":"b","a":"c"}`:                 noObject,
		`{}`:                                detected + "Member must have length greater than or equal to 1",
		"{" + strings.Join(many, ",") + "}": detected + "Member must have length less than or equal to 16",
		`{"team":"` + "\\u00e9" + `"}`:      detected + "Map value must satisfy constraint: ",
		`{"":"x"}`:                          detected + "Map keys must satisfy constraint: ",
		`{"x":"` + strings.Repeat("y", 257) + `"}`: detected + "Map value must satisfy constraint: ",
	} {
		for _, path := range []string{"/invoke", "/invoke-with-response-stream"} {
			request := newRequest(t, t.Context(), web.URL+claudePath+path, claudeBody)
			request.Header.Set("X-Amzn-Bedrock-Request-Metadata", header)
			got := do(t, client, request)
			message := messageOf(t, got)
			if (got.status == 200) != (want == "") || !strings.HasPrefix(message, want) {
				t.Errorf("%.40s: %d %s", header, got.status, message)
			}
		}
	}
}

// TestPrompts converses by the ARN of a prompt.
func TestPrompts(t *testing.T) {
	library, err := prompts.Parse("prompts.yaml", []byte(`
prompts:
  - {id: GREETING12, model: "anthropic.claude-opus-4-8", text: "Greet {{who}}."}
`))
	if err != nil {
		t.Fatal(err)
	}
	from := scripted(t, `
rules:
  - when: {text: Greet Ada., model: "anthropic.*"}
    reply: Hello, Ada!
`)
	made := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from)
	made.Prompts = library
	web, client := serve(t, server.New(made)), newClient(t, http1)
	const prompt = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprompt%2FGREETING12"
	const ada = `{"promptVariables":{"who":{"text":"Ada"}}}`
	got := post(t, client, web.URL+prompt+"/converse", ada)
	if lines := jsonLines(t, got.body); got.status != 200 || !slices.Contains(lines, `/output/message/content/0/text "Hello, Ada!"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	got = post(t, client, web.URL+prompt+"/converse-stream", ada)
	if stream := strings.Join(payloads(t, got.body), "\n"); got.status != 200 || !strings.Contains(stream, `"text":"Hello`) {
		t.Errorf("%d %s", got.status, stream)
	}
	for name, test := range map[string]struct{ path, body, want string }{
		"a missing variable":         {prompt, `{}`, "The promptVariables field is missing values for the following variables of the prompt: who. Add them and try again."},
		"an override":                {prompt, `{"promptVariables":{"who":{"text":"Ada"}},"inferenceConfig":{"maxTokens":1}}`, "You can't override inferenceConfig when you use a prompt. Remove it from the request and try again."},
		"another version":            {prompt + "%3A7", ada, "The provided model identifier is invalid."},
		"variables without a prompt": {claudePath, strings.TrimSuffix(conversationBody, "}") + `,"promptVariables":{"who":{"text":"Ada"}}}`, "This model doesn't support the promptVariables field. Remove promptVariables and try again."},
	} {
		if got := post(t, client, web.URL+test.path+"/converse", test.body); got.status != 400 || messageOf(t, got) != test.want {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}
