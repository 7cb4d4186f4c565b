package sts

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

// The actions that the trust policy of a role is asked for.
const (
	ActionAssumeRole                = "sts:AssumeRole"
	ActionAssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity"
	ActionTagSession                = "sts:TagSession"
	ActionSetSourceIdentity         = "sts:SetSourceIdentity"
)

// Role is what callers become.
type Role struct {
	// ARN is the role's, as arn:aws:iam::123456789012:role/team/writer.
	ARN string
	// ID is AROA and 16 letters and digits; it differs from that of a role that had
	// the same name before.
	ID string
	// Tags are the role's own.
	Tags map[string]string
	// MaxSession is the longest time for which it is assumed; zero is an hour.
	MaxSession time.Duration
	// HasPolicy says whether a session of the role can be bounded by the managed policy of
	// an ARN: it is there, and is one of the role's account or of AWS. Nil means any.
	HasPolicy func(arn string) bool
	// Trusts decides whether the attempt may go on: by the trust policy of the role
	// and, where that is content with the caller's account, by the caller's own
	// policies. An error is a fault of this side.
	Trusts func(ctx context.Context, attempt Attempt) (bool, error)
}

// Roles finds roles. It is safe for concurrent use.
type Roles interface {
	// LookupRole returns the role of that ARN. The error is [ErrUnknownRole] when
	// there is none.
	LookupRole(ctx context.Context, arn string) (Role, error)
}

// ErrUnknownRole means that no role has the ARN.
var ErrUnknownRole = errors.New("unknown role")

// Attempt is what a trust policy decides about.
type Attempt struct {
	// Action is one of those above. An attempt that brings tags or a source identity
	// is asked about again for each.
	Action string
	// RoleARN is the role that is to be assumed: the resource.
	RoleARN string
	// Caller is the principal of AssumeRole; nil for a web identity.
	Caller *identity.Principal
	// Provider is the federated principal of a web identity: the ARN of its identity
	// provider, arn:aws:iam::123456789012:oidc-provider/host/path.
	Provider string
	// Conditions are values of condition keys: sts:RoleSessionName, sts:ExternalId,
	// sts:SourceIdentity, sts:TransitiveTagKeys, aws:RequestTag/..., aws:TagKeys,
	// and of a web identity aws:FederatedProvider and its claims as host/path:sub.
	Conditions map[string][]string
	// Request is the HTTP request, for keys as aws:SourceIp.
	Request *http.Request
}

// roleARN is the ARN of a role, taken apart.
type roleARN struct{ account, name string }

// parseRoleARN reads arn:aws:iam::<account>:role/<path/><name>.
func parseRoleARN(arn string) (roleARN, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" || len(parts[4]) != 12 {
		return roleARN{}, false
	}
	path, ok := strings.CutPrefix(parts[5], "role/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	if !ok || name == "" {
		return roleARN{}, false
	}
	return roleARN{account: parts[4], name: name}, true
}
