package directory

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/sts"
)

// Roles are the roles of a directory, as STS hands them out.
type Roles struct {
	*Directory
	// Proxies are those whose word about their clients' addresses counts.
	Proxies []netip.Prefix
}

// LookupRole implements [sts.Roles].
func (r Roles) LookupRole(_ context.Context, arn string) (sts.Role, error) {
	role := r.current.Load().roles[arn]
	if role == nil {
		return sts.Role{}, sts.ErrUnknownRole
	}
	return sts.Role{
		ARN: arn, ID: role.ID, Tags: role.Tags, MaxSession: role.MaxSession,
		HasPolicy: func(arn string) bool { return r.hasPolicy(role.Account, arn) },
		Trusts:    func(_ context.Context, attempt sts.Attempt) (bool, error) { return r.trusts(role, attempt) },
	}, nil
}

// hasPolicy says whether there is a policy that sessions of an account can have.
func (r Roles) hasPolicy(account, arn string) bool {
	_, ok := r.current.Load().document(arn)
	return ok && (strings.HasPrefix(arn, policy.ManagedPrefix) || strings.HasPrefix(arn, "arn:aws:iam::"+account+":"))
}

func (r Roles) trusts(role *iam.Role, attempt sts.Attempt) (bool, error) {
	trust, err := policy.Parse(role.ARN(), policy.Trust, []byte(role.Trust))
	if err != nil {
		return false, fmt.Errorf("the trust policy of %s: %w", role.Ref(), err)
	}
	caller := attempt.Caller
	if caller == nil {
		caller = new(identity.Principal)
	}
	about := conditions.Of(caller, attempt.Request, r.Proxies, time.Now())
	for key, values := range attempt.Conditions {
		about.Set(key, values...)
	}
	request := &policy.Request{
		Action:    attempt.Action,
		Resources: []policy.Resource{{ARN: attempt.RoleARN}},
		Caller:    policy.Caller{ARN: caller.ARN, Account: caller.Account, Federated: attempt.Provider},
		Context:   about,
	}
	if caller.Session != nil {
		request.Caller.Role = caller.Session.RoleARN
	}
	decision := trust.DecideTrust(request)
	if !decision.Allowed() || attempt.Caller == nil {
		return decision.Allowed(), nil
	}
	within := caller.Account == role.Account
	return r.callerAllows(caller, request, decision, within)
}

// callerAllows asks the caller's own policies. They must allow it too, where the trust
// names an account, or a caller of another one. Where it names the caller's role, the
// bounds of the session must. Where it names the caller, they must not deny it.
func (r Roles) callerAllows(caller *identity.Principal, request *policy.Request, trust policy.Decision, within bool) (bool, error) {
	own, err := r.Policies(*caller)
	if errors.Is(err, errGone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	decision := own.Decide(request)
	switch {
	case trust.ByAccount || !within:
	case trust.ByRole:
		decision = own.DecideWithin(request)
	default:
		return decision.Outcome != policy.ExplicitDeny, nil
	}
	return decision.Allowed(), nil
}
