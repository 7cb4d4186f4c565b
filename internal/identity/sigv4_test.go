package identity_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/identity"
)

var body = []byte(`{"messages":[]}`)

// signedRequest is a request as a server receives it from the same machine.
func signedRequest(t *testing.T, keyID, secret string, when time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://127.0.0.1:8484/model/a.b-v1%3A0/converse", bytes.NewReader(body))
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(sum[:]), "bedrock", "us-east-1", when); err != nil {
		t.Fatal(err)
	}
	return connected(r, "127.0.0.1:8484", "127.0.0.1:50000")
}

// connected is r as it comes over a TCP connection between two addresses.
func connected(r *http.Request, local, remote string) *http.Request {
	address := net.TCPAddrFromAddrPort(mustAddrPort(local))
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(address)))
	r.RemoteAddr = remote
	return r
}

func TestSigV4(t *testing.T) {
	r := signedRequest(t, identity.DevelopmentKeyID, identity.DevelopmentSecret, time.Now())
	got, err := identity.Authenticate(t.Context(), identity.NewSigV4(identity.DevelopmentKeys{}), r, body)
	if err != nil {
		t.Fatal(err)
	}
	want := identity.Principal{
		ARN:      "arn:aws:iam::000000000000:user/development",
		Account:  "000000000000",
		UserID:   "AIDASAPROLITELOCALDEV",
		UserName: "development",
		Method:   identity.MethodSigV4,
		Region:   "us-east-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSigV4Regions(t *testing.T) {
	r := signedRequest(t, identity.DevelopmentKeyID, identity.DevelopmentSecret, time.Now())
	if _, err := identity.Authenticate(t.Context(), identity.NewSigV4(identity.DevelopmentKeys{}, "eu-west-1", "us-east-1"), r, body); err != nil {
		t.Errorf("a region of the list is refused: %v", err)
	}
	_, err := identity.Authenticate(t.Context(), identity.NewSigV4(identity.DevelopmentKeys{}, "eu-west-1"), r, body)
	exception, ok := errors.AsType[bedrock.Exception](err)
	if !ok || exception.ErrorCode() != "InvalidSignatureException" ||
		exception.ErrorMessage() != "Credential should be scoped to a valid region, not 'us-east-1'. " {
		t.Errorf("another region: %v", err)
	}
}

// TestSigV4Elsewhere refuses regions that are elsewhere, unless they are listed.
func TestSigV4Elsewhere(t *testing.T) {
	r := signedRequest(t, identity.DevelopmentKeyID, identity.DevelopmentSecret, time.Now())
	for name, test := range map[string]struct {
		options identity.Options
		want    bool
	}{
		"elsewhere": {identity.Options{Elsewhere: []string{"cn-", "us-"}}, false},
		"here":      {identity.Options{Elsewhere: []string{"cn-"}}, true},
		"listed":    {identity.Options{Elsewhere: []string{"us-"}, Regions: []string{"us-east-1"}}, true},
	} {
		test.options.Keys = identity.DevelopmentKeys{}
		_, err := identity.Authenticate(t.Context(), identity.NewCredentials(test.options), r, body)
		if (err == nil) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSigV4Refuses goes through the refusals in their order: each request has the
// faults of those below it too.
func TestSigV4Refuses(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	with := func(r *http.Request, name, value string) *http.Request {
		r.Header.Set(name, value)
		return r
	}
	without := func(r *http.Request, name string) *http.Request {
		r.Header.Del(name)
		return r
	}
	const unrecognized = "The security token included in the request is invalid."
	for name, test := range map[string]struct {
		request       *http.Request
		code, message string
	}{
		"no header": {without(signedRequest(t, "unknown", "wrong", old), "Authorization"),
			"MissingAuthenticationTokenException", "Missing Authentication Token"},
		"malformed": {without(signedRequest(t, "unknown", "wrong", old), "X-Amz-Date"),
			"IncompleteSignatureException", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "},
		"unknown key": {signedRequest(t, "unknown", "wrong", old), "UnrecognizedClientException", unrecognized},
		"development key from another machine": {
			connected(signedRequest(t, identity.DevelopmentKeyID, "wrong", old), "10.0.0.1:8484", "10.0.0.2:50000"),
			"UnrecognizedClientException", unrecognized},
		"old":   {signedRequest(t, identity.DevelopmentKeyID, "wrong", old), "InvalidSignatureException", "Signature expired: "},
		"wrong": {signedRequest(t, identity.DevelopmentKeyID, "wrong", time.Now()), "InvalidSignatureException", "The request signature we calculated does not match"},
		"API key": {with(signedRequest(t, "unknown", "wrong", old), "Authorization", "bearer bedrock-api-key-x"),
			"AccessDeniedException", "Authentication failed: Please make sure your API Key is valid."},
	} {
		t.Run(name, func(t *testing.T) {
			claim, err := identity.NewSigV4(identity.DevelopmentKeys{}).Identify(t.Context(), test.request)
			if byHead := err != nil; byHead != (name != "wrong") {
				t.Errorf("refused by the head: %t", byHead)
			}
			if err == nil {
				_, err = claim.Prove(body)
			}
			wantRefusal(t, err, test.code, test.message)
			var apiKey *identity.APIKeyError
			if errors.As(err, &apiKey) != (name == "API key") {
				t.Errorf("%v is an APIKeyError: %t", err, apiKey != nil)
			}
		})
	}
}

func TestSigV4OtherBody(t *testing.T) {
	r := signedRequest(t, identity.DevelopmentKeyID, identity.DevelopmentSecret, time.Now())
	_, err := identity.Authenticate(t.Context(), identity.NewSigV4(identity.DevelopmentKeys{}), r, append(body[:len(body):len(body)], ' '))
	wantRefusal(t, err, "InvalidSignatureException", "The request signature we calculated does not match")
}

// TestSigV4StatedHash verifies the signature before the body where the client states
// what it signed, and then the body.
func TestSigV4StatedHash(t *testing.T) {
	sum := sha256.Sum256(body)
	stated := func(secret string) *http.Request {
		r := signedRequest(t, identity.DevelopmentKeyID, secret, time.Now())
		r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
		return r
	}
	authenticator := identity.NewSigV4(identity.DevelopmentKeys{})
	_, err := authenticator.Identify(t.Context(), stated("wrong"))
	wantRefusal(t, err, "InvalidSignatureException", "The request signature we calculated does not match")
	claim, err := authenticator.Identify(t.Context(), stated(identity.DevelopmentSecret))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := claim.Prove(body); err != nil || p.UserName != "development" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = claim.Prove(append(body[:len(body):len(body)], ' '))
	wantRefusal(t, err, "InvalidSignatureException", "The request signature we calculated does not match")
}

// store is a key store with one key of the ordinary kind, or with a fault.
type store struct {
	key identity.Key
	err error
}

func (s store) Lookup(context.Context, string) (identity.Key, error) { return s.key, s.err }

func TestSigV4OtherKeys(t *testing.T) {
	alice := identity.Principal{ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012", UserID: "AIDAALICE"}
	keys := store{key: identity.Key{Secret: "s", Principal: alice}}
	r := connected(signedRequest(t, "AKIAALICE", "s", time.Now()), "10.0.0.1:8484", "10.0.0.2:50000")
	got, err := identity.Authenticate(t.Context(), identity.NewSigV4(keys), r, body)
	if err != nil {
		t.Fatal(err)
	}
	alice.Method, alice.Region = identity.MethodSigV4, "us-east-1"
	if diff := cmp.Diff(alice, got); diff != "" {
		t.Error(diff)
	}
}

// TestSigV4StoreFault keeps a fault of the store apart from a refusal.
func TestSigV4StoreFault(t *testing.T) {
	fault := errors.New("disk full")
	r := signedRequest(t, "AKIAALICE", "s", time.Now())
	_, err := identity.Authenticate(t.Context(), identity.NewSigV4(store{err: fault}), r, body)
	if !errors.Is(err, fault) {
		t.Errorf("error %v, want %v", err, fault)
	}
	var exception bedrock.Exception
	if errors.As(err, &exception) {
		t.Errorf("the caller would see %v", exception)
	}
}

// wantRefusal looks at what a renderer sees: a CommonError with status 403.
func wantRefusal(t *testing.T, err error, code, message string) {
	t.Helper()
	var got *bedrock.CommonError
	if !errors.As(err, &got) {
		t.Fatalf("error %v, want %s", err, code)
	}
	if got.Code != code || got.Status != http.StatusForbidden || !strings.HasPrefix(got.Message, message) {
		t.Errorf("got %d %s %q, want 403 %s %q", got.Status, got.Code, got.Message, code, message)
	}
}
