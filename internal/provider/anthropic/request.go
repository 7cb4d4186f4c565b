package anthropic

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// anyModel is a model id of the family; all that take Messages take the same.
const anyModel = "anthropic.claude"

// members are a body by its members' names.
type members map[string]jsontext.Value

// body words the call as Bedrock has it, and takes from it what the API has
// elsewhere: betas are a header there.
func (p *Provider) body(call provider.Call) (members, http.Header, error) {
	text, err := p.bodies.RenderRequest(anyModel, conversation.Plain(call.Request))
	if err != nil {
		return nil, nil, err
	}
	var body members
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, nil, p.client.Invalid(err)
	}
	header := http.Header{}
	if betas, ok := body["anthropic_beta"]; ok {
		var names []string
		if json.Unmarshal(betas, &names) != nil {
			return nil, nil, &bedrock.ValidationException{Message: "The model returned the following errors: anthropic_beta: Input should be a valid list"}
		}
		header.Set("anthropic-beta", strings.Join(names, ","))
	}
	delete(body, "anthropic_beta")
	delete(body, "anthropic_version")
	if config, ok := body["reasoning_config"]; ok {
		// Bedrock's older name.
		delete(body, "reasoning_config")
		if _, ok := body["thinking"]; !ok {
			body["thinking"] = config
		}
	}
	model, err := jsontext.AppendQuote(nil, call.Model)
	if err != nil {
		return nil, nil, p.client.Invalid(err)
	}
	body["model"] = model
	delete(body, "stream")
	return body, header, nil
}

// counted are the members that the counting of tokens takes.
var counted = []string{"messages", "model", "output_config", "system", "thinking", "tool_choice", "tools"}

// only leaves the named members.
func (m members) only(names ...string) members {
	kept := members{}
	for _, name := range names {
		if value, ok := m[name]; ok {
			kept[name] = value
		}
	}
	return kept
}

func (m members) json() ([]byte, error) { return json.Marshal(m, json.Deterministic(true)) }
