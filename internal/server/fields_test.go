package server_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
)

// Every model that takes tools answers a caller that asks for fields of the native
// answer beside: also those whose native bodies have no words for tools.
func TestFieldsBesideTools(t *testing.T) {
	const rules = `default: {reply: [{text: Let me look.}, {toolUse: {name: look, input: {at: sky}}}]}`
	const request = `{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"additionalModelResponseFieldPaths":["/stop_sequence","/delta/stop_sequence"],` +
		`"toolConfig":{"tools":[{"toolSpec":{"name":"look","inputSchema":{"json":{"type":"object"}}}}]}}`
	web, client := serve(t, newServer(t, scripted(t, rules))), newClient(t, http1)
	for _, m := range catalog.Models() {
		if !m.Abilities.Tools {
			continue
		}
		got := post(t, client, web.URL+"/model/"+url.PathEscape(m.ID)+"/converse", request)
		if got.status != 200 || !strings.Contains(string(got.body), `"name":"look"`) || !strings.Contains(string(got.body), `"stopReason":"tool_use"`) {
			t.Errorf("%s: %d %s", m.ID, got.status, got.body)
		}
	}
}
