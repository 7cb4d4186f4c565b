package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"

	"github.com/saprolite/saprolite/internal/identity"
)

// credential is what a chat calls with: an API key, or an access key.
type credential struct {
	apiKey              string
	id, secret, session string
}

// developmentKey is what every server takes that does not know its callers.
func developmentKey() credential {
	return credential{id: identity.DevelopmentKeyID, secret: identity.DevelopmentSecret}
}

// fromEnvironment is what the SDKs would call with, or the development key.
func fromEnvironment() credential {
	c := credential{
		apiKey: os.Getenv("AWS_BEARER_TOKEN_BEDROCK"),
		id:     os.Getenv("AWS_ACCESS_KEY_ID"), secret: os.Getenv("AWS_SECRET_ACCESS_KEY"), session: os.Getenv("AWS_SESSION_TOKEN"),
	}
	if c.apiKey == "" && (c.id == "" || c.secret == "") {
		return developmentKey()
	}
	return c
}

// newClient makes a client and what ends its connections. It speaks HTTP/2: over
// HTTP/1.1 the SDK and net/http can close the body of a request twice when the
// server is as near as this one, which breaks the connection.
func newClient(s *chatServer) (client *bedrockruntime.Client, end func(), err error) {
	transport := &http.Transport{Protocols: new(http.Protocols), Proxy: http.ProxyFromEnvironment}
	transport.Protocols.SetHTTP2(true)
	transport.Protocols.SetUnencryptedHTTP2(true)
	if bundle := os.Getenv("AWS_CA_BUNDLE"); bundle != "" {
		if transport.TLSClientConfig, err = trusting(bundle); err != nil {
			return nil, nil, err
		}
	}
	options := bedrockruntime.Options{
		BaseEndpoint: aws.String(s.endpoint),
		Region:       cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), defaultRegion),
		HTTPClient:   &http.Client{Transport: transport},
	}
	if s.credential.apiKey != "" {
		if !strings.HasPrefix(s.endpoint, "https:") {
			return nil, nil, errors.New("the AWS SDKs send API keys over https alone: give the server a certificate, or unset AWS_BEARER_TOKEN_BEDROCK to call with an access key")
		}
		options.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: s.credential.apiKey}}
		options.AuthSchemePreference = []string{"httpBearerAuth"}
	} else {
		options.Credentials = credentials.NewStaticCredentialsProvider(s.credential.id, s.credential.secret, s.credential.session)
	}
	return bedrockruntime.New(options), transport.CloseIdleConnections, nil
}

// trusting trusts the certificates of AWS_CA_BUNDLE, as the SDKs do.
func trusting(bundle string) (*tls.Config, error) {
	certificates, err := os.ReadFile(bundle)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificates) {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %s holds no certificate in PEM", bundle)
	}
	return &tls.Config{RootCAs: pool}, nil
}
