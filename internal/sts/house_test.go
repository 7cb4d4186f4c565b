package sts_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = "123456789012"
	writer  = "arn:aws:iam::" + account + ":role/team/writer"
	reader  = "arn:aws:iam::" + account + ":role/reader"
	secret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	subject = "system:serviceaccount:default:app"
)

// house is a server with STS: alice, the account's root, two roles and one identity
// provider.
type house struct {
	t      testing.TB
	url    string
	server *sts.Service
	issuer *issuer
	tokens *sts.Tokens
	// roles are the account's; a test may change them.
	roles map[string]sts.Role
	// attempts are what the roles were asked.
	attempts []sts.Attempt
	// trusts is what they say; by default they trust everybody with everything.
	trusts func(sts.Attempt) (bool, error)
	// calls are what the observer was told.
	calls []sts.Call
	// refuse is what the observer of calls says.
	refuse error
	// The clock stands still where the house was built, but for what a test is late.
	built time.Time
	late  atomic.Int64
}

func (h *house) now() time.Time { return h.built.Add(time.Duration(h.late.Load())) }

// Lookup implements identity.Keys.
func (h *house) Lookup(_ context.Context, id string) (identity.Key, error) {
	switch id {
	case "AKIAALICE":
		return identity.Key{Secret: secret, Principal: identity.Principal{
			ARN: "arn:aws:iam::" + account + ":user/alice", Account: account, UserID: "AIDAALICE", UserName: "alice"}}, nil
	case "AKIAROOT":
		return identity.Key{Secret: secret, Principal: identity.Principal{
			ARN: "arn:aws:iam::" + account + ":root", Account: account, UserID: account}}, nil
	}
	return identity.Key{}, identity.ErrUnknownKey
}

// LookupRole implements sts.Roles.
func (h *house) LookupRole(_ context.Context, arn string) (sts.Role, error) {
	role, ok := h.roles[arn]
	if !ok {
		return sts.Role{}, sts.ErrUnknownRole
	}
	role.HasPolicy = func(arn string) bool { return !strings.HasSuffix(arn, "/missing") }
	role.Trusts = func(_ context.Context, attempt sts.Attempt) (bool, error) {
		h.attempts = append(h.attempts, attempt)
		return h.trusts(attempt)
	}
	return role, nil
}

func newHouse(t testing.TB) *house {
	t.Helper()
	ring, err := seal.Parse(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, built: time.Now(), issuer: newIssuer(t), tokens: sts.NewTokens(ring),
		roles: map[string]sts.Role{
			writer: {ARN: writer, ID: "AROAWRITER", Tags: map[string]string{"team": "rock", "Cost": "role"}, MaxSession: 2 * time.Hour},
			reader: {ARN: reader, ID: "AROAREADER"},
		},
		trusts: func(sts.Attempt) (bool, error) { return true, nil },
	}
	service, err := sts.New(sts.Options{
		Identity:  identity.NewCredentials(identity.Options{Service: sts.SigningName, Keys: h, Sessions: h.tokens, Now: h.now}),
		Roles:     h,
		Tokens:    h.tokens,
		Providers: []sts.Provider{{Issuer: h.issuer.url, Audiences: []string{"sts.amazonaws.com"}, Transport: h.issuer.transport}},
		Observe: func(_ context.Context, c sts.Call) error {
			h.calls = append(h.calls, c)
			return h.refuse
		},
		Now: h.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.server = service
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	h.url = server.URL
	return h
}

// serve answers a form without a socket and returns the status.
func (h *house) serve(t *testing.T, form string) int {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	return w.Code
}

// client is the SDK with the access key of that id.
func (h *house) client(keyID string) *awssts.Client {
	return h.clientWith(credentials.NewStaticCredentialsProvider(keyID, secret, ""))
}

func (h *house) clientWith(provider aws.CredentialsProvider) *awssts.Client {
	return awssts.New(awssts.Options{BaseEndpoint: &h.url, Region: "eu-west-3", Credentials: provider, RetryMaxAttempts: 1,
		HTTPClient: http.DefaultClient})
}

// issuer is an identity provider with a key of its own, over TLS.
type issuer struct {
	url       string
	transport http.RoundTripper
	key       *rsa.PrivateKey
	server    *httptest.Server
	oidc      *oidctest.Server
	// asked counts its requests, by path.
	asked map[string]*atomic.Int64
	// down makes it answer nothing but errors.
	down atomic.Bool
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{key: newKey(t), asked: map[string]*atomic.Int64{"/keys": {}, "/.well-known/openid-configuration": {}}}
	i.oidc = &oidctest.Server{}
	i.publish("first", i.key)
	i.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked[r.URL.Path].Add(1)
		if i.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		i.oidc.ServeHTTP(w, r)
	}))
	i.url = i.server.URL
	i.oidc.SetIssuer(i.url)
	i.transport = i.server.Client().Transport
	t.Cleanup(i.server.Close)
	return i
}

// publish puts one key in place of those before.
func (i *issuer) publish(id string, key *rsa.PrivateKey) {
	i.oidc.PublicKeys = []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: id, Algorithm: oidc.RS256}}
}

// name is what condition keys call it.
func (i *issuer) name() string { return strings.TrimPrefix(i.url, "https://") }

// claims are those of a service account of Kubernetes, as the projected token of a
// pod has them, changed by a test.
func (i *issuer) claims(changes map[string]any) string {
	now := time.Now()
	all := map[string]any{
		"iss": i.url, "sub": subject, "aud": []string{"sts.amazonaws.com"},
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": "b5f4ad30-9b0e-4c0f-8c7c-0d6f5c3a2b11",
		"kubernetes.io": map[string]any{"namespace": "default", "serviceaccount": map[string]any{"name": "app", "uid": "1"}},
	}
	maps.Copy(all, changes)
	var text []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != nil {
			text = append(text, fmt.Sprintf("%q:%s", name, jsonOf(all[name])))
		}
	}
	return "{" + strings.Join(text, ",") + "}"
}

func (i *issuer) token(changes map[string]any) string {
	return oidctest.SignIDToken(i.key, "first", oidc.RS256, i.claims(changes))
}
