package bedrock

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signer signs requests on their way.
type signer struct {
	next        http.RoundTripper
	credentials aws.CredentialsProvider
	region      string
	// apiKey, if there is one, is sent instead of a signature.
	apiKey string
	v4     *v4.Signer
}

func newSigner(next http.RoundTripper, from aws.CredentialsProvider, region, apiKey string) *signer {
	return &signer{next: next, credentials: from, region: region, apiKey: apiKey, v4: v4.NewSigner()}
}

// RoundTrip signs a copy of the request, whose body MUST be there to be read twice.
func (s *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	signed := r.Clone(r.Context())
	if s.apiKey != "" {
		signed.Header.Set("Authorization", "Bearer "+s.apiKey)
		return s.next.RoundTrip(signed)
	}
	hash, err := hashOf(r)
	if err != nil {
		return nil, err
	}
	with, err := s.credentials.Retrieve(r.Context())
	if err != nil {
		return nil, fmt.Errorf("credentials for Amazon Bedrock: %w", err)
	}
	// It tells the transport something, and is not sent.
	const unsent = "Idempotency-Key"
	values, told := signed.Header[unsent]
	delete(signed.Header, unsent)
	if err := s.v4.SignHTTP(r.Context(), with, signed, hash, "bedrock", s.region, time.Now()); err != nil {
		return nil, err
	}
	if told {
		signed.Header[unsent] = values
	}
	return s.next.RoundTrip(signed)
}

// CloseIdleConnections closes those of the transport.
func (s *signer) CloseIdleConnections() {
	if closer, ok := s.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func hashOf(r *http.Request) (string, error) {
	hash := sha256.New()
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return "", err
		}
		defer body.Close()
		if _, err := io.Copy(hash, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
