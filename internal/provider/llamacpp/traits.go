package llamacpp

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// traits is what is known of the weights that a child runs.
type traits struct {
	// of is the child's client, by which it is told from its successor.
	of      *http.Client
	breaker *breaker
	// tools says that the chat template words tools, their calls and results.
	tools bool
}

// traits asks a child, once, what its chat template can do.
func (p *Provider) traits(ctx context.Context, lease *engine.Lease) (*traits, error) {
	if t := p.known.Load(); t != nil && t.of == lease.Client {
		return t, nil
	}
	response, err := (&openai.Client{HTTP: lease.Client, BaseURL: lease.BaseURL}).Get(ctx, "/props")
	if err != nil {
		return nil, err
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return nil, err
	}
	var props struct {
		Template struct {
			Tools bool `json:"supports_tools"`
			Calls bool `json:"supports_tool_calls"`
		} `json:"chat_template_caps"`
	}
	// A build that does not tell has no such template.
	_ = json.Unmarshal(text, &props)
	t := &traits{
		of: lease.Client, breaker: newBreaker(lease.ControlTokens),
		tools: props.Template.Tools && props.Template.Calls,
	}
	p.known.Store(t)
	return t, nil
}
