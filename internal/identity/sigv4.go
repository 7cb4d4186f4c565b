package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// signingName is the service in a credential scope, of bedrock-runtime as of
// bedrock.
const signingName = "bedrock"

// SigV4 asks for a Signature Version 4 in the Authorization header. It refuses,
// in this order: a request without that header; a malformed one; an unknown
// access key; a time, a scope or a signature that is wrong. A bearer token is
// refused as an API key that nobody has.
type SigV4 struct {
	keys     Keys
	verifier sigv4.Verifier
}

// NewSigV4 returns an authenticator that knows the given keys, for requests
// signed for one of the regions, or for any if there are none.
func NewSigV4(keys Keys, regions ...string) *SigV4 {
	return &SigV4{keys: keys, verifier: sigv4.Verifier{Service: signingName, Regions: regions}}
}

// Authenticate implements [Authenticator].
func (s *SigV4) Authenticate(ctx context.Context, r *http.Request, body []byte) (Principal, error) {
	if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return Principal{}, errAPIKey()
	}
	signature, err := sigv4.Parse(r)
	if err != nil {
		return Principal{}, refusal(err)
	}
	key, err := s.key(ctx, r, signature.AccessKeyID)
	if err != nil {
		return Principal{}, err
	}
	if err := s.verifier.Verify(r, body, signature, key.Secret); err != nil {
		return Principal{}, refusal(err)
	}
	principal := key.Principal
	principal.Method = MethodSigV4
	principal.Region = signature.Region
	return principal, nil
}

// key finds the access key and sees to it that it may be used from where r comes.
func (s *SigV4) key(ctx context.Context, r *http.Request, accessKeyID string) (Key, error) {
	key, err := s.keys.Lookup(ctx, accessKeyID)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Key{}, errUnrecognizedClient(err)
	case err != nil:
		return Key{}, fmt.Errorf("look up access key: %w", err)
	case key.LoopbackOnly && !fromLoopback(r):
		return Key{}, errUnrecognizedClient(errNotLoopback(r))
	}
	return key, nil
}
