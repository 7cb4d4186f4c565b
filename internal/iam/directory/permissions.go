package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

// Policies gives what a caller may do, compiled. The error says that the caller
// exists no more, or that a policy cannot be read: then nothing is allowed.
func (d *Directory) Policies(p identity.Principal) (*policy.Set, error) {
	x := d.current.Load()
	if p.Session == nil {
		user := x.users[p.ARN]
		// Somebody else may have the name by now.
		if user == nil || user.ID != p.UserID {
			return nil, fmt.Errorf("%s: %w", p.ARN, errGone)
		}
		return x.compiled.set(p.ARN, func() (*policy.Set, error) { return x.compileUser(user) })
	}
	role := x.roles[p.Session.RoleARN]
	if role == nil || !strings.HasPrefix(p.UserID, role.ID+":") {
		return nil, fmt.Errorf("%s: %w", p.Session.RoleARN, errGone)
	}
	key := strings.Join(append(append([]string{p.Session.RoleARN}, p.Session.Policies...), p.Session.PolicyARNs...), "\x00")
	return x.compiled.set(key, func() (*policy.Set, error) { return x.compileRole(role, p.Session) })
}

func (x *index) compileUser(u *iam.User) (*policy.Set, error) {
	c := compiler{index: x}
	c.permissions(u.Ref(), policy.UserInline, u.Permissions)
	for _, name := range u.Groups {
		c.group(iam.Ref{Kind: iam.KindGroup, Account: u.Account, Name: name})
	}
	c.boundary(u.Boundary)
	return c.compile(u.Ref())
}

func (x *index) compileRole(r *iam.Role, s *identity.Session) (*policy.Set, error) {
	c := compiler{index: x}
	c.permissions(r.Ref(), policy.RoleInline, r.Permissions)
	c.boundary(r.Boundary)
	for i, document := range s.Policies {
		c.policies.Session = append(c.policies.Session, c.session(i, document))
	}
	for _, arn := range s.PolicyARNs {
		c.policies.Session = append(c.policies.Session, c.managed(arn))
	}
	return c.compile(r.Ref())
}

// compiler collects the policies of one principal.
type compiler struct {
	*index
	policies policy.Policies
	err      error
}

func (c *compiler) permissions(of iam.Ref, kind policy.Kind, p iam.Permissions) {
	for _, arn := range p.Attached {
		c.policies.Identity = append(c.policies.Identity, c.managed(arn))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Inline)) {
		c.policies.Identity = append(c.policies.Identity, c.known(of.String(), name, kind, p.Inline[name]))
	}
}

func (c *compiler) group(r iam.Ref) {
	g := c.groups[r]
	if g == nil {
		// It may be one that denies.
		c.fail(fmt.Errorf("the %s does not exist", r))
		return
	}
	c.permissions(r, policy.GroupInline, g.Permissions)
}

func (c *compiler) boundary(arn string) {
	if arn != "" {
		c.policies.Boundary = c.managed(arn)
	}
}

func (c *compiler) managed(arn string) *policy.Policy {
	document, ok := c.document(arn)
	if !ok {
		// It may be one that denies, or that bounds.
		c.fail(fmt.Errorf("the policy %s does not exist", arn))
		return nil
	}
	return c.known("", arn, policy.Managed, document)
}

// known is a policy that the directory has.
func (c *compiler) known(owner, name string, kind policy.Kind, document string) *policy.Policy {
	p, err := c.compiled.policy(owner, name, kind, document)
	if err != nil {
		c.fail(err)
	}
	return p
}

// session is a policy that a session brings.
func (c *compiler) session(i int, document string) *policy.Policy {
	p, err := policy.Parse(fmt.Sprintf("session policy %d", i), policy.Session, []byte(document))
	if err != nil {
		c.fail(fmt.Errorf("session policy %d: %w", i, err))
	}
	return p
}

func (c *compiler) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *compiler) compile(of iam.Ref) (*policy.Set, error) {
	if c.err != nil {
		return nil, fmt.Errorf("%s: %w", of, c.err)
	}
	return policy.Compile(c.policies), nil
}
