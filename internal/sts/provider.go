package sts

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// providerTimeout bounds one request to an identity provider.
	providerTimeout = 10 * time.Second
	// rediscover is how long the keys of a provider are used before they are asked
	// for anew, so that one that it has withdrawn is not good for ever.
	rediscover = time.Hour
)

// algorithms are those of signatures that are taken, as by AWS.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512}

// Provider is an OpenID Connect identity provider: a Kubernetes cluster that issues
// tokens of service accounts, GitHub Actions, a company's own.
type Provider struct {
	// Issuer is its URL, the claim iss of its tokens to the letter; https, but on
	// this machine itself. Its keys are found by its discovery document.
	Issuer string
	// Audiences are the values of the claim aud that are taken; there must be one, as
	// "sts.amazonaws.com".
	Audiences []string
	// Transport sends the requests to the provider; nil means a plain one. That of
	// [NewTransport] knows a private certificate authority, or signs in at a cluster.
	Transport http.RoundTripper
}

// provider is a Provider at work.
type provider struct {
	Provider
	client *http.Client
	now    func() time.Time

	// turn is held by whoever asks the provider, so that all others wait for one
	// answer.
	turn     chan struct{}
	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	until    time.Time
}

func newProvider(p Provider, now func() time.Time) (*provider, error) {
	if err := checkURL(p.Issuer); err != nil {
		return nil, err
	}
	if len(p.Audiences) == 0 {
		return nil, errors.New("it needs an audience")
	}
	if p.Transport == nil {
		var err error
		if p.Transport, err = NewTransport(Access{}); err != nil {
			return nil, err
		}
	}
	return &provider{Provider: p, now: now, turn: make(chan struct{}, 1), client: &http.Client{
		Timeout:   providerTimeout,
		Transport: &bounded{next: p.Transport, now: now, asked: map[string]time.Time{}},
		// What an issuer says, it says itself.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// checkURL refuses a place whose word could be changed on the way.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not the URL of an issuer", text)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return fmt.Errorf("%q must be https", text)
	}
	return nil
}

// name is what condition keys and ARNs call the provider: its URL without the scheme.
func (p *provider) name() string {
	_, name, _ := strings.Cut(p.Issuer, "://")
	return name
}

// verify checks a token and returns its claims. The audience is left to the caller.
func (p *provider) verify(ctx context.Context, token string) (*oidc.IDToken, error) {
	verifier, err := p.current(ctx)
	if err != nil {
		return nil, providerFault(err)
	}
	verified, err := verifier.Verify(ctx, token)
	if expired, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return nil, errTokenExpired(p.now(), expired.Expiry)
	}
	switch {
	case err == nil:
		return verified, nil
	case strings.Contains(err.Error(), "(not before)"):
		return nil, errRejectedClaim("The token is not valid yet.")
	}
	return nil, providerFault(err)
}

// providerFault tells a provider that cannot be reached, which is worth another try,
// from one that does not vouch for a token.
func providerFault(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok {
		return errProviderUnreachable(err)
	}
	return errVerificationKey(err)
}

// current is the verifier with the provider's keys, which are discovered when they
// are first needed. Old ones serve on where new ones cannot be had.
func (p *provider) current(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	if verifier, fresh := p.known(); fresh {
		return verifier, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	old, fresh := p.known()
	if fresh {
		return old, nil
	}
	verifier, err := p.discover(ctx)
	if err != nil && old == nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = p.now().Add(rediscover)
	if err != nil {
		p.until = p.now().Add(patience)
		return old, nil
	}
	p.verifier = verifier
	return verifier, nil
}

func (p *provider) known() (verifier *oidc.IDTokenVerifier, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.verifier, p.verifier != nil && p.now().Before(p.until)
}

func (p *provider) discover(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := found.Claims(&document); err != nil {
		return nil, err
	}
	if err := checkURL(document.KeysURL); err != nil {
		return nil, err
	}
	return found.Verifier(&oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: algorithms, Now: p.now}), nil
}

// issuerOf reads the issuer of a token that nobody has verified yet.
func issuerOf(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("a token has three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	if claims.Issuer == "" {
		return "", errors.New("a token names its issuer")
	}
	return claims.Issuer, nil
}
