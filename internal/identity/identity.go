// Package identity tells who is calling.
//
// An [Authenticator] turns the head of a request into a [Claim], and that, with the
// body, becomes a [Principal]; either step may refuse. [SigV4]
// asks for a signature and finds secrets through [Keys], and those of temporary
// credentials through [Sessions]; [Credentials] takes API keys too, which it finds
// through [APIKeys]; [Connections] takes the word of a connection for requests without
// credentials; [None] asks for nothing.
// Credentials that everybody knows, the development key and none at all, are good
// on the machine itself alone: [RequireLoopback] refuses at the start a listener
// that others can reach, and both authenticators look at every request again.
//
// A refusal carries a [bedrock.Exception] in the words of AWS. Any other error is
// a fault of this side, such as a store that does not answer.
package identity

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Principal is a caller: a user, a role's session, or the root of an account.
type Principal struct {
	// ARN is the caller's Amazon Resource Name, as
	// arn:aws:iam::123456789012:user/alice. Policies and logs name callers by it.
	ARN string
	// Account is the 12 digits of the caller's account.
	Account string
	// UserID is what IAM calls aws:userid; for a root it is the account.
	UserID string
	// Method is how the caller proved to be that principal.
	Method Method
	// Region is the one that the request was signed for; empty without a signature.
	Region string
	// UserName is what IAM calls aws:username; empty for all but users.
	UserName string
	// Tags are those of the user, or of the role and its session together. They must
	// not be changed.
	Tags map[string]string
	// Session is set for a caller that is a role's session.
	Session *Session
	// BearerTokenType is what IAM calls bedrock:BearerTokenType; empty for callers
	// without an API key.
	BearerTokenType BearerTokenType
}

// PrincipalARN is what IAM calls aws:PrincipalArn: the ARN of a session's role, else
// the principal's own. What callers use counts by it, since whoever assumes a role
// chooses the name of the session.
func (p *Principal) PrincipalARN() string {
	if p.Session != nil {
		return p.Session.RoleARN
	}
	return p.ARN
}

// Method is a way to authenticate.
type Method string

const (
	// MethodNone is no authentication at all.
	MethodNone Method = "none"
	// MethodSigV4 is a signature with an access key.
	MethodSigV4 Method = "sigv4"
	// MethodAPIKey is an API key, sent as a bearer token.
	MethodAPIKey Method = "apiKey"
	// MethodCertificate is a client's certificate, which TLS has verified.
	MethodCertificate Method = "certificate"
	// MethodPeer is what the system knows of the other end of a unix socket.
	MethodPeer Method = "peer"
)

// Authenticator tells who sent a request. It is safe for concurrent use.
type Authenticator interface {
	// Identify returns who sent r as far as its head tells, before anything of its
	// body is read: whoever has no credentials, or none that can be right, is refused
	// here. A refusal has a [bedrock.Exception] in its chain; one of the kind
	// [APIKeyError] is written in its own way.
	Identify(ctx context.Context, r *http.Request) (Claim, error)
}

// Claim is who sent a request, by its head.
type Claim struct {
	principal Principal
	// prove is nil where the head has proved all.
	prove func(body []byte) error
}

// Proven is a claim that needs no body.
func Proven(p Principal) Claim { return Claim{principal: p} }

// Prove returns the principal that sent the request whose whole body is body. A
// refusal is as those of [Authenticator].
func (c Claim) Prove(body []byte) (Principal, error) {
	if c.prove != nil {
		if err := c.prove(body); err != nil {
			return Principal{}, err
		}
	}
	return c.principal, nil
}

// Authenticate returns the principal that sent r, whose whole body is body.
func Authenticate(ctx context.Context, a Authenticator, r *http.Request, body []byte) (Principal, error) {
	claim, err := a.Identify(ctx, r)
	if err != nil {
		return Principal{}, err
	}
	return claim.Prove(body)
}

// Keys finds access keys. It is safe for concurrent use.
type Keys interface {
	// Lookup returns the access key of that id. The error is [ErrUnknownKey] when
	// there is none, or none any more.
	Lookup(ctx context.Context, accessKeyID string) (Key, error)
}

// Key is what the holder of an access key id must know, and who the holder is.
type Key struct {
	// Secret is the secret access key.
	Secret string
	// Principal is the holder. Its Method is left to the authenticator.
	Principal Principal
	// LoopbackOnly is set for a key that everybody knows: it is good for requests
	// of the same machine alone, and unknown to all others.
	LoopbackOnly bool
	// Expires is when the key of a session ends; the zero time for one that stays.
	Expires time.Time
}

// ErrUnknownKey means that there is no such key: an access key of that id, a
// session of that token, an API key of that hash.
var ErrUnknownKey = errors.New("unknown key")
