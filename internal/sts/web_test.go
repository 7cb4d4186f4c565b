package sts_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/saprolite/saprolite/internal/identity"
)

func (h *house) withToken(token string) error {
	_, err := h.client("").AssumeRoleWithWebIdentity(h.t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn: new(writer), RoleSessionName: new("pod"), WebIdentityToken: &token,
	})
	return err
}

func TestWebIdentityRefuses(t *testing.T) {
	h := newHouse(t)
	if err := h.withToken(h.issuer.token(nil)); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	whole := h.issuer.token(nil)
	header, rest, _ := strings.Cut(whole, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	const noKey = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	for name, test := range map[string]struct{ token, code, message string }{
		"no token at all":            {"an access token", "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
		"another issuer":             {h.issuer.token(map[string]any{"iss": "https://example.com"}), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://example.com"},
		"another audience":           {h.issuer.token(map[string]any{"aud": "else"}), "InvalidIdentityToken", "Incorrect token audience"},
		"no audience":                {h.issuer.token(map[string]any{"aud": nil}), "InvalidIdentityToken", "Incorrect token audience"},
		"issued to another":          {h.issuer.token(map[string]any{"azp": "else"}), "InvalidIdentityToken", "Incorrect token audience"},
		"no subject":                 {h.issuer.token(map[string]any{"sub": nil}), "InvalidIdentityToken", "Missing a required claim: sub"},
		"expired":                    {h.issuer.token(map[string]any{"exp": now.Add(-time.Minute).Unix()}), "ExpiredTokenException", "must be before the expiration date/time"},
		"no end":                     {h.issuer.token(map[string]any{"exp": nil}), "ExpiredTokenException", "must be before the expiration date/time"},
		"not yet":                    {h.issuer.token(map[string]any{"nbf": now.Add(time.Hour).Unix()}), "IDPRejectedClaim", "The token is not valid yet."},
		"another signature":          {header + "." + payload + "." + signature[:20] + "AAAA" + signature[24:], "InvalidIdentityToken", noKey},
		"not signed":                 {"eyJhbGciOiJub25lIn0." + payload + ".", "InvalidIdentityToken", noKey},
		"a shared secret":            {hmacToken(t, h.issuer), "InvalidIdentityToken", noKey},
		"claims that differ in case": {h.issuer.token(map[string]any{"SUB": "system:serviceaccount:kube-system:admin"}), "InvalidIdentityToken", "The claims of the token are malformed."},
		"strange source":             {h.issuer.token(map[string]any{"https://aws.amazon.com/source_identity": "a b"}), "InvalidIdentityToken", "The claim https://aws.amazon.com/source_identity is malformed."},
		"a source that is none":      {h.issuer.token(map[string]any{"https://aws.amazon.com/source_identity": []string{"alice"}}), "InvalidIdentityToken", "The claim https://aws.amazon.com/source_identity is malformed."},
		"strange tags":               {h.issuer.token(map[string]any{"https://aws.amazon.com/tags": "x"}), "InvalidIdentityToken", "The claim https://aws.amazon.com/tags is malformed."},
		"long":                       {strings.Repeat("x", 20001), "ValidationError", "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"},
	} {
		t.Run(name, func(t *testing.T) { wantAPIError(t, h.withToken(test.token), test.code, test.message) })
	}
	delete(h.roles, writer)
	wantAPIError(t, h.withToken(whole), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// hmacToken takes the provider's public key, which everybody has, for a shared secret.
func hmacToken(t *testing.T, i *issuer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(i.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	const header = `{"alg":"HS256","kid":"first","typ":"JWT"}`
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(i.claims(nil)))
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// inSession becomes a role with a token of more claims, and gives what the session is.
func (h *house) inSession(role string, claims map[string]any) identity.Principal {
	h.t.Helper()
	got, err := h.client("").AssumeRoleWithWebIdentity(h.t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn: &role, RoleSessionName: new("pod"), WebIdentityToken: new(h.issuer.token(claims)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	key, err := h.tokens.Open(h.t.Context(), *got.Credentials.AccessKeyId, *got.Credentials.SessionToken)
	if err != nil {
		h.t.Fatal(err)
	}
	if source := key.Principal.Session.SourceIdentity; aws.ToString(got.SourceIdentity) != source {
		h.t.Errorf("the answer says %q, and the session %q", aws.ToString(got.SourceIdentity), source)
	}
	return key.Principal
}

// TestSourceOfToken has the provider say who is behind the session.
func TestSourceOfToken(t *testing.T) {
	h := newHouse(t)
	made := h.inSession(writer, map[string]any{"https://aws.amazon.com/source_identity": "alice@example.com"})
	last := h.attempts[len(h.attempts)-1]
	if source := made.Session.SourceIdentity; source != "alice@example.com" ||
		last.Action != "sts:SetSourceIdentity" || !slices.Equal(last.Conditions["sts:SourceIdentity"], []string{source}) {
		t.Errorf("%q; asked at last: %+v", source, last)
	}
}

func TestTagsOfToken(t *testing.T) {
	h := newHouse(t)
	made := h.inSession(reader, map[string]any{
		"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"sand"}}, "transitive_tag_keys": []string{"team"}},
	})
	if made.Tags["team"] != "sand" || made.Session.TransitiveTags[0] != "team" {
		t.Errorf("%+v", made)
	}
	if last := h.attempts[len(h.attempts)-1]; last.Action != "sts:TagSession" {
		t.Errorf("asked for %s at last", last.Action)
	}
}
