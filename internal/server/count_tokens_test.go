package server_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/recorded"
)

// CountTokens gives the inputTokens that the same request reports, for every
// recorded request.
func TestCountTokensEqualsUsage(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, `default: {reply: Yes.}`)))
	client, counted := newClient(t, h2c), map[string]int{}
	for _, one := range recorded.Load(t, recorded.Operation("Converse", "InvokeModel"), recorded.Status(200), recorded.Of(recorded.Genuine)) {
		body := []byte(bodyOf(one))
		path := web.URL + "/model/" + baseID(one)
		if one.Operation == "InvokeModel" {
			answer := post(t, client, path+"/invoke", string(body))
			if answer.status != 200 {
				continue // TestRecorded says why
			}
			input := fmt.Sprintf(`{"input":{"invokeModel":{"body":%q}}}`, base64.StdEncoding.EncodeToString(body))
			wantCount(t, one, post(t, client, path+"/count-tokens", input), answer.header.Get("X-Amzn-Bedrock-Input-Token-Count"))
		} else {
			answer := post(t, client, path+"/converse", string(body))
			if answer.status != 200 {
				continue
			}
			var said struct {
				Usage struct{ InputTokens json.Number }
			}
			if err := json.Unmarshal(answer.body, &said); err != nil {
				t.Fatal(err)
			}
			wantCount(t, one, post(t, client, path+"/count-tokens", countInput(t, body)), said.Usage.InputTokens.String())
		}
		counted[one.Operation]++
	}
	if counted["Converse"] < 250 || counted["InvokeModel"] < 80 {
		t.Errorf("counted %v", counted)
	}
}

// countInput is the request of CountTokens for a body of Converse.
func countInput(t testing.TB, body []byte) string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	part := map[string]json.RawMessage{}
	for _, name := range []string{"messages", "system", "toolConfig", "additionalModelRequestFields"} {
		if all[name] != nil {
			part[name] = all[name]
		}
	}
	input, err := json.Marshal(map[string]any{"input": map[string]any{"converse": part}})
	if err != nil {
		t.Fatal(err)
	}
	return string(input)
}

func wantCount(t testing.TB, one *recorded.Interaction, got answered, reported string) {
	t.Helper()
	if want := `{"inputTokens":` + reported + `}`; got.status != 200 || string(got.body) != want || reported == "0" {
		t.Errorf("%s: CountTokens gave %d %s, the answer reports %s", one.ID, got.status, got.body, reported)
	}
}

// What CountTokens refuses.
func TestCountTokensRefuses(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	native := func(body string) string {
		return fmt.Sprintf(`{"input":{"invokeModel":{"body":%q}}}`, base64.StdEncoding.EncodeToString([]byte(body)))
	}
	const converse = `{"input":{"converse":` + conversationBody + `}}`
	overBoth(t, func(t *testing.T, client *http.Client) {
		for name, test := range map[string]struct{ model, body, message string }{
			"a profile":     {"us." + claude, converse, "The provided model doesn't support counting tokens."},
			"unknown model": {"nobody-knows", converse, "The provided model identifier is invalid."},
			"no input":      {claude, `{}`, "1 validation error detected: Value null at 'input' failed to satisfy constraint: Member must not be null"},
			"both inputs": {claude, `{"input":{"converse":` + conversationBody + `,"invokeModel":{"body":"e30="}}}`,
				"1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have exactly one member set"},
			"a blank message": {claude, strings.Replace(converse, "Hi", " ", 1),
				"The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."},
			"a native body that is none": {claude, native(`{}`),
				"Malformed input request: #: required key [anthropic_version] not found#: required key [max_tokens] not found" +
					"#: required key [messages] not found, please reformat your input and try again."},
		} {
			got := post(t, client, web.URL+"/model/"+test.model+"/count-tokens", test.body)
			if got.status != 400 || messageOf(t, got) != test.message {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
	})
}
