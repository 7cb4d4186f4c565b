package sts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// maxClaims bounds how many claims of a token a trust policy can ask for, and
	// maxClaim their length.
	maxClaims = 64
	maxClaim  = 2048
	// sourceIdentityClaim is the claim of an identity provider that says who is behind
	// the session.
	sourceIdentityClaim = "https://aws.amazon.com/source_identity"
)

// assumedWithToken is the result of AssumeRoleWithWebIdentity.
type assumedWithToken struct {
	assumedRole
	SubjectFromWebIdentityToken string
	Provider                    string
	Audience                    string
}

// assumeRoleWithWebIdentity needs no signature: the token says who is calling.
func (x *exchange) assumeRoleWithWebIdentity() (any, error) {
	c := &constraints{form: x.form}
	a := c.readAssumption()
	token := c.required("WebIdentityToken", 4, 20000, nil)
	if err := c.err(); err != nil {
		return nil, err
	}
	if x.form.has("ProviderId") {
		return nil, errParameter("ProviderId is for OAuth 2.0 access tokens, which are not taken here.")
	}
	p, verified, err := x.verify(token)
	if err != nil {
		return nil, err
	}
	audience, err := p.describe(&a, verified)
	if err != nil {
		return nil, err
	}
	x.Provider, x.Subject = a.trust.Provider, verified.Subject
	if err := x.authorize(&a, ActionAssumeRoleWithWebIdentity, errWebUnauthorized); err != nil {
		return nil, err
	}
	made, err := x.issue(&a)
	if err != nil {
		return nil, err
	}
	return assumedWithToken{assumedRole: made, SubjectFromWebIdentityToken: verified.Subject,
		Provider: a.trust.Provider, Audience: audience}, nil
}

// verify finds the issuer of a token and has it vouch for it.
func (x *exchange) verify(token string) (*provider, *oidc.IDToken, error) {
	issuer, err := issuerOf(token)
	if err != nil {
		return nil, nil, errInvalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)", err)
	}
	p := x.providers[issuer]
	if p == nil {
		return nil, nil, errInvalidToken("No OpenIDConnect provider found in your account for "+issuer, nil)
	}
	verified, err := p.verify(x.ctx, token)
	if err == nil && verified.Subject == "" {
		err = errInvalidToken("Missing a required claim: sub", nil)
	}
	return p, verified, err
}

// describe checks the audience of a token, and tells the trust policy what the token
// says.
func (p *provider) describe(a *assumption, token *oidc.IDToken) (audience string, err error) {
	claims, err := claimsOf(token)
	if err != nil {
		return "", err
	}
	if a.tags, err = tagsOfToken(claims[tokenTagsClaim]); err != nil {
		return "", err
	}
	if a.source, err = sourceOfToken(claims[sourceIdentityClaim]); err != nil {
		return "", err
	}
	account := ""
	if role, ok := parseRoleARN(a.arn); ok {
		account = role.account
	}
	a.trust.Provider = "arn:aws:iam::" + account + ":oidc-provider/" + p.name()
	a.trust.Conditions = a.conditions()
	a.trust.Conditions["aws:FederatedProvider"] = []string{a.trust.Provider}
	for i, name := range slices.Sorted(maps.Keys(claims)) {
		if values := claimValues(claims[name]); values != nil && i < maxClaims {
			a.trust.Conditions[p.name()+":"+name] = values
		}
	}
	// Whom a token was issued to goes before whom it is for. None of these names is that
	// of a claim, which could say something else.
	audiences := token.Audience
	a.trust.Conditions[p.name()+":sub"] = []string{token.Subject}
	a.trust.Conditions[p.name()+":aud"] = audiences
	delete(a.trust.Conditions, p.name()+":oaud")
	if party := claimValues(claims["azp"]); len(party) == 1 {
		a.trust.Conditions[p.name()+":oaud"] = audiences
		audiences = party
		a.trust.Conditions[p.name()+":aud"] = audiences
	}
	for _, audience := range audiences {
		if slices.Contains(p.Audiences, audience) {
			return audience, nil
		}
	}
	return "", errInvalidToken("Incorrect token audience", nil)
}

// claimsOf are the claims of a token by their names. Neither the policy language nor
// encoding/json tells letters of different case apart, so that a claim could stand in for
// another one.
func claimsOf(token *oidc.IDToken) (map[string]json.RawMessage, error) {
	const malformed = "The claims of the token are malformed."
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return nil, errInvalidToken(malformed, err)
	}
	seen := make(map[string]string, len(claims))
	for name := range claims {
		folded := strings.ToLower(name)
		if other, ok := seen[folded]; ok {
			return nil, errInvalidToken(malformed, fmt.Errorf("%q and %q differ in case alone", name, other))
		}
		seen[folded] = name
	}
	return claims, nil
}

// sourceOfToken reads the source identity that a token brings, if any.
func sourceOfToken(claim json.RawMessage) (string, error) {
	if claim == nil {
		return "", nil
	}
	var source string
	err := json.Unmarshal(claim, &source)
	if err != nil || len(source) < 2 || len(source) > 64 || !namePattern.MatchString(source) {
		return "", errInvalidToken("The claim "+sourceIdentityClaim+" is malformed.", err)
	}
	return source, nil
}

// claimValues are the values of a claim that a policy can compare: a text, a number,
// a truth, or a list of texts. What is deeper is none.
func claimValues(claim json.RawMessage) []string {
	if len(claim) == 0 || len(claim) > maxClaim {
		return nil
	}
	var text string
	if json.Unmarshal(claim, &text) == nil && claim[0] == '"' {
		return []string{text}
	}
	var list []string
	if json.Unmarshal(claim, &list) == nil && claim[0] == '[' {
		return list
	}
	switch claim[0] {
	case '{', '[', 'n':
		return nil
	}
	return []string{string(claim)}
}
