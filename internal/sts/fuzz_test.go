package sts_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/sts"
)

// FuzzForm sends arbitrary parameters. Nothing crashes, and nobody becomes anybody.
func FuzzForm(f *testing.F) {
	h := newHouse(f)
	f.Add("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + writer + "&RoleSessionName=job&WebIdentityToken=a.e30.c")
	f.Add("Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=a&TransitiveTagKeys.member.1=a&PolicyArns.member.1.arn=x&DurationSeconds=900")
	f.Add("Action=GetCallerIdentity&Version=2011-06-15")
	f.Fuzz(func(t *testing.T, text string) {
		if status := h.serve(t, text); status != 400 && status != 403 {
			t.Errorf("%q: %d", text, status)
		}
	})
}

// known takes everybody for alice.
type known struct{ *house }

func (k known) Identify(ctx context.Context, _ *http.Request) (identity.Claim, error) {
	key, err := k.Lookup(ctx, "AKIAALICE")
	return identity.Proven(key.Principal), err
}

// FuzzAssumeRole sends arbitrary parameters of a caller who may do everything. What
// comes of them is an answer or a refusal, and no fault.
func FuzzAssumeRole(f *testing.F) {
	h := newHouse(f)
	service, err := sts.New(sts.Options{Identity: known{h}, Roles: h, Tokens: h.tokens, Now: h.now})
	if err != nil {
		f.Fatal(err)
	}
	h.server = service
	for _, text := range []string{
		"", "&DurationSeconds=7200&ExternalId=ext&SourceIdentity=alice", "&Policy=%7B%7D&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/AmazonBedrockReadOnly",
		"&Tags.member.1.Key=a&Tags.member.1.Value=b&TransitiveTagKeys.member.1=a", "&Tags.member.1.Key=a&Tags.member.2.Key=A", "&SerialNumber=a&TokenCode=1",
		"&ProvidedContexts.member.1.ProviderArn=x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h.attempts = nil
		status := h.serve(t, "Action=AssumeRole&Version=2011-06-15&RoleArn="+writer+"&RoleSessionName=job"+text)
		if status != 200 && status != 400 && status != 403 {
			t.Errorf("%q: %d", text, status)
		}
	})
}

// FuzzClaims has the identity provider sign arbitrary claims beside its own. Whoever
// comes in by them is the subject whom the provider names.
func FuzzClaims(f *testing.F) {
	h := newHouse(f)
	for _, claims := range []string{
		`{}`, `{"azp":"sts.amazonaws.com","oaud":"x"}`, `{"SUB":"else"}`, `{"https://aws.amazon.com/source_identity":"alice"}`,
		`{"https://aws.amazon.com/tags":{"principal_tags":{"team":["a"]},"transitive_tag_keys":["team"]}}`, `{"a":1e400,"b":[1],"c":null,"d":["x"],"e":true}`,
	} {
		f.Add(claims)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var changes map[string]any
		if json.Unmarshal([]byte(text), &changes) != nil {
			return
		}
		for _, name := range []string{"iss", "sub", "aud", "exp", "nbf"} {
			delete(changes, name)
		}
		h.attempts = nil
		token := oidctest.SignIDToken(h.issuer.key, "first", oidc.RS256, h.issuer.claims(changes))
		form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {writer}, "RoleSessionName": {"pod"}, "WebIdentityToken": {token}}
		switch status := h.serve(t, form.Encode()); status {
		case 200:
		case 400, 403:
			return
		default:
			t.Errorf("%s: %d", text, status)
		}
		if len(h.attempts) == 0 || h.attempts[0].Conditions[h.issuer.name()+":sub"][0] != subject {
			t.Errorf("%s: %+v", text, h.attempts)
		}
	})
}
