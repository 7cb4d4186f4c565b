package sts_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/sts"
)

func newTokens(t testing.TB, keys ...string) *sts.Tokens {
	t.Helper()
	ring, err := seal.Parse(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return sts.NewTokens(ring)
}

func newGrant(now time.Time) sts.Grant {
	return sts.Grant{RoleID: "AROAWRITER", Tags: map[string]string{"team": "rock"}, Session: identity.Session{
		RoleARN: writer, Name: "job", Issued: now.UTC().Truncate(time.Second), Expires: now.Add(time.Hour).UTC().Truncate(time.Second),
	}}
}

// TestTokensOfAnotherServer opens what another server with the same key made, and
// nothing of one with another.
func TestTokensOfAnotherServer(t *testing.T) {
	first, second := seal.NewKey(), seal.NewKey()
	grant := newGrant(time.Now())
	made, err := newTokens(t, first).Issue(grant)
	if err != nil {
		t.Fatal(err)
	}
	got, err := newTokens(t, second, first).Open(t.Context(), made.AccessKeyID, made.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&grant.Session, got.Principal.Session); diff != "" || got.Secret != made.Secret {
		t.Error(diff)
	}
	if _, err := newTokens(t, second).Open(t.Context(), made.AccessKeyID, made.SessionToken); !errors.Is(err, identity.ErrUnknownKey) {
		t.Errorf("opened with another key: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	ring, err := seal.Parse(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	tokens := sts.NewTokens(ring)
	made, err := tokens.Issue(newGrant(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, id, token string) {
		t.Helper()
		if _, err := tokens.Open(t.Context(), id, token); !errors.Is(err, identity.ErrUnknownKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("another key id", "ASIAELSE", made.SessionToken)
	refused("no token", made.AccessKeyID, "")
	refused("a long token", made.AccessKeyID, strings.Repeat("A", 64<<10))
	refused("sealed for something else", made.AccessKeyID, base64.StdEncoding.EncodeToString(ring.Seal("else", []byte("{}"))))
	for i := range made.SessionToken {
		for _, bit := range []byte{1, 2, 4, 0x20} {
			changed := []byte(made.SessionToken)
			changed[i] ^= bit
			refused("a changed token", made.AccessKeyID, string(changed))
		}
	}
	if strings.Contains(made.SessionToken, made.Secret) {
		t.Error("the token shows the secret")
	}
}

// BenchmarkOpen is what the token of a session adds to its signature.
func BenchmarkOpen(b *testing.B) {
	tokens := newTokens(b, seal.NewKey())
	made, err := tokens.Issue(newGrant(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Open(b.Context(), made.AccessKeyID, made.SessionToken); err != nil {
			b.Fatal(err)
		}
	}
}
