package openai

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Options configure the client of a server. Only BaseURL is required.
type Options struct {
	// BaseURL is where the API is: http://10.0.0.7:8000/v1. An address without
	// a path gets the usual /v1; a server with another prefix has it here, as
	// https://gateway.example/openai/v1.
	BaseURL string
	// APIKey is sent as a bearer token, unless it is empty.
	APIKey string
	// Header is sent with every request, and may replace Authorization.
	Header map[string]string
	// DialTimeout bounds a connection's making, TLS included each; 0 means 10
	// seconds.
	DialTimeout time.Duration
	// ResponseTimeout and IdleTimeout are those of Client.
	ResponseTimeout, IdleTimeout time.Duration
	// MaxConnections bounds the connections to the server, on which further
	// calls wait; 0 means 1024. As many are kept open while nobody uses them.
	MaxConnections int
	// Media, ServiceTiers and OpensThoughts are those of Client.
	Media         provider.Abilities
	ServiceTiers  []bedrock.ServiceTierType
	OpensThoughts bool
}

// New makes the client of a server, with a pool of connections of its own. It
// does not connect.
func New(o Options) (*Client, error) {
	base, err := baseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	return &Client{
		HTTP:            &http.Client{Transport: o.transport()},
		BaseURL:         base,
		Header:          o.header(),
		ResponseTimeout: o.ResponseTimeout,
		IdleTimeout:     o.IdleTimeout,
		Media:           o.Media,
		ServiceTiers:    o.ServiceTiers,
		OpensThoughts:   o.OpensThoughts,
	}, nil
}

func baseURL(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "", fmt.Errorf("the base URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", fmt.Errorf("the base URL %q is not like http://127.0.0.1:8000/v1", address)
	case u.User != nil:
		return "", errors.New("the base URL holds a user name: set a header Authorization instead")
	case u.RawQuery != "", u.Fragment != "":
		return "", fmt.Errorf("the base URL %q holds more than a path", address)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	return u.Scheme + "://" + u.Host + cmp.Or(path, "/v1"), nil
}

func (o Options) header() http.Header {
	header := http.Header{}
	if o.APIKey != "" {
		header.Set("Authorization", "Bearer "+o.APIKey)
	}
	for name, value := range o.Header {
		header.Set(name, value)
	}
	return header
}

func (o Options) transport() *http.Transport {
	const defaultConnections = 1024
	dial := cmp.Or(o.DialTimeout, 10*time.Second)
	connections := cmp.Or(o.MaxConnections, defaultConnections)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dial, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: dial,
		ForceAttemptHTTP2:   true,
		MaxConnsPerHost:     connections,
		MaxIdleConns:        connections,
		MaxIdleConnsPerHost: connections,
		// vLLM and other servers on uvicorn close after five seconds.
		IdleConnTimeout: 4 * time.Second,
		// Compressed streams come in lumps.
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
