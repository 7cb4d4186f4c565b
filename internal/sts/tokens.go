package sts

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
)

const (
	// purpose is what session tokens are sealed for.
	purpose = "session token"
	// maxToken bounds, in bytes, what is decoded for anybody: beside what a session
	// carries, see maxPacked, a token holds the tags of its role.
	maxToken = 48 << 10
)

// Tokens makes and reads temporary credentials. Nothing is kept: the session token
// holds the secret and everything else about its session, sealed, so that any server
// with the same keys knows it. It implements [identity.Sessions].
type Tokens struct {
	ring *seal.Ring
}

// NewTokens returns tokens that are sealed with the ring.
func NewTokens(ring *seal.Ring) *Tokens { return &Tokens{ring: ring} }

// Grant is a session that credentials are made for.
type Grant struct {
	// Session is who the credentials stand for, and until when.
	Session identity.Session
	// RoleID is the role's, AROA and 16 letters and digits.
	RoleID string
	// Tags are those of the role and of the session together.
	Tags map[string]string
}

// Credentials are temporary ones.
type Credentials struct {
	// AccessKeyID is ASIA and 16 letters and digits, Secret has 40 characters.
	AccessKeyID, Secret string
	// SessionToken goes with every request.
	SessionToken string
}

// content is what is in a token. The names are short since the token is long.
type content struct {
	AccessKeyID    string            `json:"k"`
	Secret         string            `json:"s"`
	RoleARN        string            `json:"r"`
	RoleID         string            `json:"i"`
	Name           string            `json:"n"`
	Policies       []string          `json:"p,omitempty"`
	PolicyARNs     []string          `json:"pa,omitempty"`
	Tags           map[string]string `json:"t,omitempty"`
	TransitiveTags []string          `json:"tt,omitempty"`
	SourceIdentity string            `json:"si,omitempty"`
	Provider       string            `json:"f,omitempty"`
	// Issued and Expires are in seconds of Unix time.
	Issued  int64 `json:"b"`
	Expires int64 `json:"e"`
}

// Issue makes credentials for a session.
func (t *Tokens) Issue(g Grant) (Credentials, error) {
	var id [10]byte
	var secret [30]byte
	rand.Read(id[:])
	rand.Read(secret[:])
	made := Credentials{
		AccessKeyID: "ASIA" + base32.StdEncoding.EncodeToString(id[:]),
		Secret:      base64.StdEncoding.EncodeToString(secret[:]),
	}
	text, err := json.Marshal(content{
		AccessKeyID:    made.AccessKeyID,
		Secret:         made.Secret,
		RoleARN:        g.Session.RoleARN,
		RoleID:         g.RoleID,
		Name:           g.Session.Name,
		Policies:       g.Session.Policies,
		PolicyARNs:     g.Session.PolicyARNs,
		Tags:           g.Tags,
		TransitiveTags: g.Session.TransitiveTags,
		SourceIdentity: g.Session.SourceIdentity,
		Provider:       g.Session.Provider,
		Issued:         g.Session.Issued.Unix(),
		Expires:        g.Session.Expires.Unix(),
	})
	if err != nil {
		return Credentials{}, fmt.Errorf("write a session token: %w", err)
	}
	made.SessionToken = base64.StdEncoding.EncodeToString(t.ring.Seal(purpose, text))
	if len(made.SessionToken) > maxToken {
		return Credentials{}, fmt.Errorf("a session token of %d bytes is too long", len(made.SessionToken))
	}
	return made, nil
}

// Open implements [identity.Sessions].
func (t *Tokens) Open(_ context.Context, accessKeyID, token string) (identity.Key, error) {
	if len(token) > maxToken {
		return identity.Key{}, identity.ErrUnknownKey
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil {
		return identity.Key{}, identity.ErrUnknownKey
	}
	text, err := t.ring.Open(purpose, sealed)
	if err != nil {
		return identity.Key{}, identity.ErrUnknownKey
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		return identity.Key{}, fmt.Errorf("read a session token: %w", err)
	}
	role, ok := parseRoleARN(c.RoleARN)
	if !ok || c.AccessKeyID != accessKeyID {
		return identity.Key{}, identity.ErrUnknownKey
	}
	grant := Grant{RoleID: c.RoleID, Tags: c.Tags, Session: identity.Session{
		RoleARN:        c.RoleARN,
		Name:           c.Name,
		Policies:       c.Policies,
		PolicyARNs:     c.PolicyARNs,
		TransitiveTags: c.TransitiveTags,
		SourceIdentity: c.SourceIdentity,
		Provider:       c.Provider,
		Issued:         time.Unix(c.Issued, 0).UTC(),
		Expires:        time.Unix(c.Expires, 0).UTC(),
	}}
	return identity.Key{Secret: c.Secret, Principal: grant.principal(role), Expires: grant.Session.Expires}, nil
}

// principal is who the session of a role is.
func (g *Grant) principal(role roleARN) identity.Principal {
	return identity.Principal{
		ARN:     "arn:aws:sts::" + role.account + ":assumed-role/" + role.name + "/" + g.Session.Name,
		Account: role.account,
		UserID:  g.RoleID + ":" + g.Session.Name,
		Tags:    g.Tags,
		Session: &g.Session,
	}
}
