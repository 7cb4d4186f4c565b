package sts_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"github.com/saprolite/saprolite/internal/sts"
)

// TestKeyRotation has the provider change its key, and strangers send tokens of keys
// that it never had.
func TestKeyRotation(t *testing.T) {
	h := newHouse(t)
	keys := h.issuer.asked["/keys"]
	for range 3 {
		if err := h.withToken(h.issuer.token(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if n := keys.Load(); n != 1 {
		t.Errorf("keys asked for %d times", n)
	}
	second := newKey(t)
	token := oidctest.SignIDToken(second, "second", oidc.RS256, h.issuer.claims(nil))
	for range 5 {
		wantAPIError(t, h.withToken(token), "InvalidIdentityToken", "Couldn't retrieve verification key")
	}
	if n := keys.Load(); n != 1 {
		t.Errorf("keys asked for %d times at a stranger's wish", n)
	}
	h.issuer.publish("second", second)
	h.late.Store(int64(10 * time.Second))
	if err := h.withToken(token); err != nil {
		t.Error(err)
	}
	// After an hour, the key that was withdrawn is gone, whoever still has it.
	h.late.Store(int64(62 * time.Minute))
	old := h.issuer.token(map[string]any{"exp": time.Now().Add(3 * time.Hour).Unix()})
	wantAPIError(t, h.withToken(old), "InvalidIdentityToken", "Couldn't retrieve verification key")
}

// TestProviderDown has no provider at first, and none in the end.
func TestProviderDown(t *testing.T) {
	h := newHouse(t)
	token := h.issuer.token(map[string]any{"exp": time.Now().Add(3 * time.Hour).Unix()})
	h.issuer.down.Store(true)
	wantAPIError(t, h.withToken(token), "InvalidIdentityToken", "Couldn't retrieve verification key")
	h.issuer.down.Store(false)
	wantAPIError(t, h.withToken(token), "IDPCommunicationError", "could not be reached")
	h.late.Store(int64(time.Second))
	if err := h.withToken(token); err != nil {
		t.Fatal(err)
	}
	h.issuer.server.Close()
	h.late.Store(int64(2 * time.Hour))
	if err := h.withToken(token); err != nil {
		t.Error("the keys that are known do not serve on:", err)
	}
	other := newHouse(t)
	other.issuer.server.Close()
	wantAPIError(t, other.withToken(other.issuer.token(nil)), "IDPCommunicationError", "could not be reached")
}

// hanging is a way to a provider that answers nothing, and takes ten seconds for it.
type hanging struct {
	late  *atomic.Int64
	asked int
}

func (h *hanging) RoundTrip(*http.Request) (*http.Response, error) {
	h.asked++
	h.late.Add(int64(10 * time.Second))
	return nil, os.ErrDeadlineExceeded
}

// TestProviderHangs has many wait for a provider. When it has failed one of them, the
// others do not ask it again one after the other.
func TestProviderHangs(t *testing.T) {
	h := newHouse(t)
	way := &hanging{late: &h.late}
	service, err := sts.New(sts.Options{Roles: h, Tokens: h.tokens, Now: h.now,
		Providers: []sts.Provider{{Issuer: h.issuer.url, Audiences: []string{"sts.amazonaws.com"}, Transport: way}}})
	if err != nil {
		t.Fatal(err)
	}
	h.server = service
	form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {writer}, "RoleSessionName": {"pod"},
		"WebIdentityToken": {h.issuer.token(nil)}}.Encode()
	for range 3 {
		if status := h.serve(t, form); status != http.StatusBadRequest {
			t.Errorf("status %d", status)
		}
	}
	if way.asked != 1 {
		t.Errorf("asked %d times", way.asked)
	}
	h.late.Add(int64(time.Second))
	h.serve(t, form)
	if way.asked != 2 {
		t.Errorf("asked %d times a second later", way.asked)
	}
}

func TestNewRefusesProviders(t *testing.T) {
	for issuer, want := range map[string]string{
		"http://example.com":       "must be https",
		"example.com":              "is not the URL of an issuer",
		"https://a:b@example.com":  "is not the URL of an issuer",
		"https://example.com?x=1":  "is not the URL of an issuer",
		"https://example.com/none": "it needs an audience",
		"http://127.0.0.1:1":       "it needs an audience",
	} {
		_, err := sts.New(sts.Options{Providers: []sts.Provider{{Issuer: issuer}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", issuer, err, want)
		}
	}
	twice := sts.Provider{Issuer: "https://example.com", Audiences: []string{"a"}}
	if _, err := sts.New(sts.Options{Providers: []sts.Provider{twice, twice}}); err == nil || !strings.Contains(err.Error(), "it is there twice") {
		t.Error(err)
	}
}
