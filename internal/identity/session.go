package identity

import (
	"context"
	"time"
)

// Session is a role that somebody has assumed for a while. What it may do is what
// its role may, within its own policies.
type Session struct {
	// RoleARN is the role's Amazon Resource Name, as
	// arn:aws:iam::123456789012:role/team/writer. It is the aws:PrincipalArn of the
	// session.
	RoleARN string
	// Name is the session's, which whoever assumed the role chose.
	Name string
	// Policies are documents, and PolicyARNs names of managed policies, within
	// which the session is held; without any, the role's own policies decide alone.
	Policies   []string
	PolicyARNs []string
	// TransitiveTags are the keys of those tags that a role assumed from this
	// session gets too.
	TransitiveTags []string
	// SourceIdentity is who is behind the session, as the first role was told; it
	// cannot change in those that follow.
	SourceIdentity string
	// Provider is the ARN of the identity provider on whose word the role was
	// assumed; empty where another principal did it.
	Provider string
	// Issued and Expires are when the session begins and ends.
	Issued, Expires time.Time
}

// Sessions finds the access keys of sessions, which come with a token. It is safe
// for concurrent use.
type Sessions interface {
	// Open returns the access key of that id to which the token belongs. Its
	// Expires and Principal.Session are set; one that has ended is returned too.
	// The error is [ErrUnknownKey] for a token that was not made here, or not for
	// that key.
	Open(ctx context.Context, accessKeyID, token string) (Key, error)
}
