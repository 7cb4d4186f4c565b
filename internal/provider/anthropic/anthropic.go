// Package anthropic answers conversations from Anthropic's Messages API, and from
// servers that speak it: llama.cpp's llama-server and others have POST
// /v1/messages.
//
// The bodies are those that InvokeModel takes for Claude, with the model and the
// form of the answer in the body instead of the path. So the provider has no
// words of its own for them: it is given Bodies, which the format of the family
// is. What it knows is the protocol: the two addresses, the headers, the events,
// and what an error means.
//
// The facts come from Anthropic's API reference ("Messages", "Count Message
// tokens", "Streaming Messages", "Errors").
package anthropic

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// DefaultBaseURL is where Anthropic's own API is.
const DefaultBaseURL = "https://api.anthropic.com/v1"

// version is the version of the API, which a header names.
const version = "2023-06-01"

// Bodies writes and reads the JSON of Messages, in the words of package format.
type Bodies interface {
	RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error)
	ParseResponse(body []byte) (*bedrock.ConverseResponse, error)
	ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events
}

// Options configure the provider. Only Bodies is required.
type Options struct {
	Bodies Bodies
	// BaseURL is where the API is; an address without a path gets the usual /v1.
	// Empty means DefaultBaseURL.
	BaseURL string
	// APIKey is sent as x-api-key, unless it is empty.
	APIKey string
	// Header is sent with every request, and may replace anthropic-version.
	Header map[string]string
	// DialTimeout, ResponseTimeout and IdleTimeout are those of openai.Options.
	DialTimeout, ResponseTimeout, IdleTimeout time.Duration
}

// Provider asks one server.
type Provider struct {
	bodies Bodies
	client *openai.Client
}

// New makes a provider with a pool of connections of its own. It does not
// connect.
func New(o Options) (*Provider, error) {
	if o.Bodies == nil {
		return nil, errors.New("a provider of Messages needs their bodies")
	}
	header := map[string]string{"anthropic-version": version}
	if o.APIKey != "" {
		header["x-api-key"] = o.APIKey
	}
	maps.Copy(header, o.Header)
	client, err := openai.New(openai.Options{
		BaseURL: cmp.Or(o.BaseURL, DefaultBaseURL), Header: header,
		DialTimeout: o.DialTimeout, ResponseTimeout: o.ResponseTimeout, IdleTimeout: o.IdleTimeout,
	})
	if err != nil {
		return nil, err
	}
	return &Provider{bodies: o.Bodies, client: client}, nil
}

// Abilities is what Messages carry for any model.
func (p *Provider) Abilities(string) provider.Abilities {
	return provider.Abilities{
		Tools: true, Images: true, Documents: true, PlainDocuments: true, Reasoning: true, CachePoints: true, StructuredOutput: true,
	}
}

// Close closes the connections that nobody uses.
func (p *Provider) Close() error { return p.client.Close() }

var _ interface {
	provider.Provider
	provider.Capable
	provider.TokenCounter
} = (*Provider)(nil)
