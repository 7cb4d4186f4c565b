package identity

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// Options are what [NewCredentials] needs to know.
type Options struct {
	// Keys finds access keys.
	Keys Keys
	// Sessions finds those of sessions. Nil means that there are none, and that
	// session tokens say nothing.
	Sessions Sessions
	// APIKeys finds long-term API keys. Nil means that API keys of neither kind are
	// taken.
	APIKeys APIKeys
	// Service is the one that signatures must be made for: "bedrock" if empty.
	Service string
	// Regions are those that signatures may be made for; empty takes any but those
	// whose names begin as one of Elsewhere.
	Regions, Elsewhere []string
	// Proxies are those in front of this server.
	Proxies sigv4.Proxies
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Credentials takes every credential of the service: signatures as [SigV4] does,
// with access keys or the keys of sessions, and API keys, long-term and short-term,
// as bearer tokens.
type Credentials struct {
	*SigV4
	apiKeys APIKeys
	// inside verifies the signatures that short-term keys are made of.
	inside sigv4.Verifier
}

// NewCredentials returns an authenticator of all that the options know.
func NewCredentials(o Options) *Credentials {
	signatures := newSigV4(o)
	return &Credentials{
		SigV4:   signatures,
		apiKeys: o.APIKeys,
		inside:  sigv4.Verifier{Service: signatures.verifier.Service, Regions: o.Regions, Elsewhere: o.Elsewhere, Now: o.Now},
	}
}

// Identify implements [Authenticator].
func (c *Credentials) Identify(ctx context.Context, r *http.Request) (Claim, error) {
	token, ok := bearerToken(r)
	if !ok {
		return c.SigV4.Identify(ctx, r)
	}
	principal, err := c.bearer(ctx, r, token)
	return Proven(principal), err
}

// bearer finds whose API key the token is.
func (c *Credentials) bearer(ctx context.Context, r *http.Request, token string) (Principal, error) {
	switch {
	case c.apiKeys == nil || len(token) > maxAPIKey:
		return Principal{}, errAPIKey()
	case strings.HasPrefix(token, shortTermPrefix):
		return c.shortTerm(ctx, r, token)
	}
	return c.longTerm(ctx, token)
}
