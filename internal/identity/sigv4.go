package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// signingName is the service in a credential scope, of bedrock-runtime as of
// bedrock.
const signingName = "bedrock"

// SigV4 asks for a Signature Version 4, in the Authorization header or in the
// query. It refuses, in this order: a request without one; a malformed one; an
// unknown access key; a session that has ended; a time, a scope or a signature
// that is wrong. A bearer token is refused as an API key that nobody has.
type SigV4 struct {
	access   access
	verifier sigv4.Verifier
}

// NewSigV4 returns an authenticator that knows the given keys, for requests
// signed for one of the regions, or for any if there are none. It knows of no
// sessions: a session token says nothing to it.
func NewSigV4(keys Keys, regions ...string) *SigV4 {
	return newSigV4(Options{Keys: keys, Regions: regions})
}

func newSigV4(o Options) *SigV4 {
	s := &SigV4{
		access:   access{keys: o.Keys, sessions: o.Sessions, now: o.Now},
		verifier: sigv4.Verifier{Service: o.Service, Regions: o.Regions, Elsewhere: o.Elsewhere, Now: o.Now},
	}
	if s.access.now == nil {
		s.access.now = time.Now
	}
	if s.verifier.Service == "" {
		s.verifier.Service = signingName
	}
	if len(o.Proxies.Peers) > 0 {
		s.verifier.Hosts = o.Proxies.Hosts
	}
	return s
}

// Identify implements [Authenticator]. Only a signature of a body whose hash the
// client does not state is left to be proved.
func (s *SigV4) Identify(ctx context.Context, r *http.Request) (Claim, error) {
	signature, key, err := s.find(ctx, r)
	if err != nil {
		return Claim{}, err
	}
	verifyBody, err := s.verifier.VerifyHead(r, signature, key.Secret)
	if err != nil {
		return Claim{}, refusal(err)
	}
	return Claim{signer(key, signature), func(body []byte) error { return refusal(verifyBody(body)) }}, nil
}

// AuthenticateEvents is [Authenticate] for an operation whose request is a stream of
// events. Each has a signature of its own, which the caller verifies as it comes.
func (s *SigV4) AuthenticateEvents(ctx context.Context, r *http.Request) (Principal, *sigv4.Events, error) {
	signature, key, err := s.find(ctx, r)
	if err != nil {
		return Principal{}, nil, err
	}
	events, err := s.verifier.VerifyEvents(r, signature, key.Secret)
	if err != nil {
		return Principal{}, nil, refusal(err)
	}
	return signer(key, signature), events, nil
}

// find reads the signature of r and finds the key that it names.
func (s *SigV4) find(ctx context.Context, r *http.Request) (sigv4.Signature, Key, error) {
	if _, ok := bearerToken(r); ok {
		return sigv4.Signature{}, Key{}, errAPIKey()
	}
	signature, err := sigv4.Parse(r)
	if err != nil {
		return sigv4.Signature{}, Key{}, refusal(err)
	}
	key, err := s.access.key(ctx, r, signature)
	return signature, key, err
}

// bearerToken is what follows the scheme Bearer in the Authorization header.
func bearerToken(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// signer is the principal that signed with the key.
func signer(key Key, signature sigv4.Signature) Principal {
	principal := key.Principal
	principal.Method = MethodSigV4
	principal.Region = signature.Region
	return principal
}

// access finds access keys, those that stay and those of sessions.
type access struct {
	keys     Keys
	sessions Sessions
	now      func() time.Time
}

// key finds the access key and sees to it that it may be used now, and from where r
// comes.
func (a access) key(ctx context.Context, r *http.Request, signature sigv4.Signature) (Key, error) {
	key, err := a.lookup(ctx, signature)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Key{}, errUnrecognizedClient(err)
	case err != nil:
		return Key{}, fmt.Errorf("look up access key: %w", err)
	case key.LoopbackOnly && !fromLoopback(r):
		return Key{}, errUnrecognizedClient(errNotLoopback(r))
	case key.LoopbackOnly && fromPage(r):
		return Key{}, errUnrecognizedClient(errPage)
	case !key.Expires.IsZero() && !a.now().Before(key.Expires):
		return Key{}, errExpiredToken()
	}
	return key, nil
}

func (a access) lookup(ctx context.Context, signature sigv4.Signature) (Key, error) {
	if signature.SessionToken != "" && a.sessions != nil {
		return a.sessions.Open(ctx, signature.AccessKeyID, signature.SessionToken)
	}
	return a.keys.Lookup(ctx, signature.AccessKeyID)
}
