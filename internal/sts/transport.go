package sts

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxTokenFile bounds, in bytes, a token that is sent to a provider.
const maxTokenFile = 32 << 10

// Access is how to reach an identity provider that does not talk to everybody, as
// the API server of a Kubernetes cluster does not.
type Access struct {
	// CAFile holds, in PEM, the certificate authorities to trust in place of the
	// system's; in a pod it is
	// /var/run/secrets/kubernetes.io/serviceaccount/ca.crt.
	CAFile string
	// TokenFile holds a bearer token to send with each request. It is read each time,
	// since others renew it.
	TokenFile string
}

// NewTransport returns a transport for [Provider.Transport].
func NewTransport(a Access) (http.RoundTripper, error) {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		MaxIdleConns:           2,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if a.CAFile != "" {
		text, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read certificate authorities: %w", err)
		}
		authorities := x509.NewCertPool()
		if !authorities.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate", a.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
	}
	if a.TokenFile == "" {
		return transport, nil
	}
	return &signedIn{Transport: transport, file: a.TokenFile}, nil
}

// signedIn sends a token with each request.
type signedIn struct {
	*http.Transport
	file string
}

// RoundTrip implements [http.RoundTripper].
func (s *signedIn) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := readToken(s.file)
	if err != nil {
		return nil, fmt.Errorf("read the token for %s: %w", r.URL.Host, err)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return s.Transport.RoundTrip(r)
}

func readToken(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxTokenFile))
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", errors.New("it is empty")
	}
	return token, nil
}
