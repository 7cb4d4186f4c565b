package identity_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/identity"
)

// directory has a user and a role.
type directory struct{}

const (
	userARN = "arn:aws:iam::123456789012:user/alice"
	roleARN = "arn:aws:iam::123456789012:role/writer"
)

func (directory) Principal(_ context.Context, arn, session string) (identity.Principal, error) {
	switch arn {
	case userARN:
		return identity.Principal{ARN: userARN}, nil
	case roleARN:
		return identity.Principal{ARN: "assumed-role/writer/" + session}, nil
	case "broken":
		return identity.Principal{}, errors.New("no answer")
	}
	return identity.Principal{}, identity.ErrUnknownKey
}

// asked notes that credentials were asked for.
type asked struct{}

func (asked) Identify(context.Context, *http.Request) (identity.Claim, error) {
	return identity.Proven(identity.Principal{ARN: "by credentials"}), nil
}

func certificateOf(names ...string) *x509.Certificate {
	c := &x509.Certificate{NotAfter: time.Now().Add(time.Hour)}
	for _, name := range names {
		switch kind, value, _ := strings.Cut(name, "="); kind {
		case "uri":
			u, err := url.Parse(value)
			if err != nil {
				panic(err)
			}
			c.URIs = append(c.URIs, u)
		case "dns":
			c.DNSNames = append(c.DNSNames, value)
		case "cn":
			c.Subject = pkix.Name{CommonName: value}
		}
	}
	return c
}

func TestCertificateRules(t *testing.T) {
	const nobody = "by credentials"
	rules := []identity.CertificateRule{
		{URI: "spiffe://example.org/ns/*/sa/writer", Principal: roleARN},
		{DNS: "*.build.example.org", Principal: userARN},
		{CommonName: "alice", Principal: userARN},
		{CommonName: "team-*", Principal: roleARN},
		{CommonName: "gone", Principal: "arn:aws:iam::123456789012:user/gone"},
		{CommonName: "broken", Principal: "broken"},
	}
	connections := identity.NewConnections(identity.ConnectionOptions{Credentials: asked{}, Certificates: rules, Principals: directory{}})
	for _, test := range []struct {
		name        string
		certificate *x509.Certificate
		change      func(*http.Request)
		want        string
	}{
		{"URI", certificateOf("uri=spiffe://example.org/ns/blue/sa/writer"), nil, "assumed-role/writer/spiffe---example.org-ns-blue-sa-writer"},
		{"second URI", certificateOf("uri=https://x", "uri=spiffe://example.org/ns/blue/sa/writer"), nil, "assumed-role/writer/spiffe---example.org-ns-blue-sa-writer"},
		{"slash in a star", certificateOf("uri=spiffe://example.org/ns/blue/sa/red/sa/writer"), nil, nobody},
		{"empty star", certificateOf("uri=spiffe://example.org/ns//sa/writer"), nil, nobody},
		{"more than the URI", certificateOf("uri=spiffe://example.org/ns/blue/sa/writer2"), nil, nobody},
		{"another domain", certificateOf("uri=spiffe://example.com/ns/blue/sa/writer"), nil, nobody},
		{"DNS", certificateOf("dns=A.build.Example.org"), nil, userARN},
		{"dot in a star", certificateOf("dns=a.b.build.example.org"), nil, nobody},
		{"dot is no letter", certificateOf("dns=a.buildxexample.org"), nil, nobody},
		{"URI is no DNS name", certificateOf("uri=a.build.example.org"), nil, nobody},
		{"common name", certificateOf("cn=alice"), nil, userARN},
		{"case of a common name", certificateOf("cn=Alice"), nil, nobody},
		{"line behind a common name", certificateOf("cn=alice\n"), nil, nobody},
		{"pattern of common names", certificateOf("cn=team-blau & grün"), nil, "assumed-role/writer/team-blau---gr-n"},
		{"long name", certificateOf("cn=team-" + strings.Repeat("x", 100)), nil, "assumed-role/writer/team-" + strings.Repeat("x", 42) + "-"},
		{"the first rule", certificateOf("cn=alice", "uri=spiffe://example.org/ns/blue/sa/writer"), nil, "assumed-role/writer/spiffe"},
		{"no name", certificateOf(), nil, nobody},
		{"gone", certificateOf("cn=gone"), nil, "UnrecognizedClientException"},
		{"a directory that does not answer", certificateOf("cn=broken"), nil, "find broken: no answer"},

		{"with a signature", certificateOf("cn=alice"), func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }, nobody},
		{"with empty credentials", certificateOf("cn=alice"), func(r *http.Request) { r.Header.Set("Authorization", "") }, nobody},
		{"with a token alone", certificateOf("cn=alice"), func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, nobody},
		{"presigned", certificateOf("cn=alice"), func(r *http.Request) { r.URL.RawQuery = "X-Amz-Signature=x" }, nobody},
		{"without TLS", certificateOf("cn=alice"), func(r *http.Request) { r.TLS = nil }, nobody},
		{"not verified", certificateOf("cn=alice"), func(r *http.Request) { r.TLS.VerifiedChains = nil }, nobody},
		{"ended", &x509.Certificate{Subject: pkix.Name{CommonName: "alice"}, NotAfter: time.Now().Add(-time.Second)}, nil, nobody},
	} {
		r := httptest.NewRequest(http.MethodPost, "https://localhost/model/x/converse", nil)
		r.TLS = &tls.ConnectionState{
			PeerCertificates: []*x509.Certificate{test.certificate},
			VerifiedChains:   [][]*x509.Certificate{{test.certificate}},
		}
		if test.change != nil {
			test.change(r)
		}
		p, err := identity.Authenticate(t.Context(), connections, r, nil)
		got := p.ARN
		if err != nil {
			got = err.Error()
			if e, ok := errors.AsType[bedrock.Exception](err); ok {
				got = e.ErrorCode()
			}
		} else if p.Method != identity.MethodCertificate && got != nobody {
			t.Errorf("%s: the method is %q", test.name, p.Method)
		}
		if !strings.HasPrefix(got, test.want) || !strings.Contains(test.want, "/") && got != test.want {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
		if _, session, ok := strings.Cut(got, "writer/"); ok && len(session) > 64 {
			t.Errorf("%s: the session's name %q is too long", test.name, session)
		}
	}
}
