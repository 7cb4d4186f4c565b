package admin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/store"
)

// The quotas of IAM.
const (
	maxAttached = 10
	maxGroups   = 10
)

// principal is a copy of a user, group or role that has policies, and may have a
// boundary and tags. What is changed in it is put by put.
type principal struct {
	ref         iam.Ref
	permissions *iam.Permissions
	// boundary and tags are nil for groups.
	boundary *string
	tags     *map[string]string
	put      func() store.Change
}

func ofUser(u *iam.User) *principal {
	u.Permissions, u.Tags = copied(u.Permissions), maps.Clone(u.Tags)
	return &principal{u.Ref(), &u.Permissions, &u.Boundary, &u.Tags, func() store.Change { return store.Put(*u) }}
}

func ofGroup(g *iam.Group) *principal {
	g.Permissions = copied(g.Permissions)
	return &principal{ref: g.Ref(), permissions: &g.Permissions, put: func() store.Change { return store.Put(*g) }}
}

func ofRole(r *iam.Role) *principal {
	r.Permissions, r.Tags = copied(r.Permissions), maps.Clone(r.Tags)
	return &principal{r.Ref(), &r.Permissions, &r.Boundary, &r.Tags, func() store.Change { return store.Put(*r) }}
}

func copied(p iam.Permissions) iam.Permissions {
	return iam.Permissions{Attached: slices.Clone(p.Attached), Inline: maps.Clone(p.Inline)}
}

// principal finds one that can be changed.
func (e *Everybody) principal(r iam.Ref) (*principal, error) {
	switch r.Kind {
	case iam.KindUser:
		u, err := changeable(e, e.Stored.Users, e.Declared.Users, r)
		return ofUser(&u), err
	case iam.KindGroup:
		g, err := changeable(e, e.Stored.Groups, e.Declared.Groups, r)
		return ofGroup(&g), err
	case iam.KindRole:
		role, err := changeable(e, e.Stored.Roles, e.Declared.Roles, r)
		return ofRole(&role), err
	}
	return nil, &Error{Code: CodeInvalidInput, Message: fmt.Sprintf("A %s has no policies.", r.Kind), Remedy: "Name a user, a group or a role."}
}

// Attachments are policies, by their names in the account, by those of AWS, or by
// their ARNs.
type Attachments struct {
	// Policies are attached.
	Policies []string
	// Boundary bounds what they allow; empty for none.
	Boundary string
}

// Attach attaches policies to a user, group or role, and sets its boundary when one
// is given.
func (e *Everybody) Attach(r iam.Ref, a Attachments) ([]store.Change, error) {
	p, err := e.principal(r)
	if err != nil {
		return nil, err
	}
	if err := e.attach(p, a); err != nil {
		return nil, err
	}
	return []store.Change{p.put()}, nil
}

func (e *Everybody) attach(p *principal, a Attachments) error {
	for _, name := range a.Policies {
		arn, err := e.attachable(p.ref.Account, name)
		if err != nil {
			return err
		}
		if !slices.Contains(p.permissions.Attached, arn) {
			p.permissions.Attached = append(p.permissions.Attached, arn)
		}
	}
	if len(p.permissions.Attached) > maxAttached {
		return tooMany("PoliciesPer"+titled(p.ref.Kind), maxAttached, "detach one first, or put several into one")
	}
	if a.Boundary == "" {
		return nil
	}
	if p.boundary == nil {
		return &Error{Code: CodeInvalidInput, Message: "A group has no permissions boundary.", Remedy: "Give one to its users."}
	}
	arn, err := e.attachable(p.ref.Account, a.Boundary)
	*p.boundary = arn
	return err
}

// attachable gives the ARN of a policy that the account can use.
func (e *Everybody) attachable(account, name string) (string, error) {
	arn := iam.PolicyARN(account, name)
	if _, ok := policy.ManagedByAWS(arn); ok && strings.HasPrefix(arn, policy.ManagedPrefix) {
		return arn, nil
	}
	for _, p := range e.All.Policies {
		if p.Account == account && p.ARN() == arn {
			return arn, nil
		}
	}
	return "", &Error{
		Code:    CodeNoSuchEntity,
		Message: fmt.Sprintf("Policy %s does not exist or is not attachable.", arn),
		Remedy:  "\"saprolite policies list\" shows what there is; \"saprolite policies create\" makes one.",
	}
}

// Detach takes policies away again; a boundary that is not empty means the present
// one.
func (e *Everybody) Detach(r iam.Ref, a Attachments) ([]store.Change, error) {
	p, err := e.principal(r)
	if err != nil {
		return nil, err
	}
	for _, name := range a.Policies {
		arn := iam.PolicyARN(r.Account, name)
		i := slices.Index(p.permissions.Attached, arn)
		if i < 0 {
			return nil, &Error{
				Code:    CodeNoSuchEntity,
				Message: fmt.Sprintf("Policy %s was not found.", arn),
				Remedy:  fmt.Sprintf("\"saprolite %ss show %s\" shows those that are attached.", r.Kind, r.Name),
			}
		}
		p.permissions.Attached = slices.Delete(p.permissions.Attached, i, i+1)
	}
	if a.Boundary != "" && p.boundary != nil {
		*p.boundary = ""
	}
	return []store.Change{p.put()}, nil
}

// Tag gives tags to a user or role, in place of those of their keys.
func (e *Everybody) Tag(r iam.Ref, tags map[string]string) ([]store.Change, error) {
	p, err := e.principal(r)
	if err != nil {
		return nil, err
	}
	if p.tags == nil {
		return nil, &Error{Code: CodeInvalidInput, Message: "A group has no tags.", Remedy: "Tag its users."}
	}
	if *p.tags == nil {
		*p.tags = map[string]string{}
	}
	maps.Copy(*p.tags, tags)
	if err := checkTags(p.ref.Kind, *p.tags); err != nil {
		return nil, err
	}
	return []store.Change{p.put()}, nil
}

// Untag takes tags away, also such as are not there.
func (e *Everybody) Untag(r iam.Ref, keys []string) ([]store.Change, error) {
	p, err := e.principal(r)
	if err != nil {
		return nil, err
	}
	if p.tags != nil {
		for _, key := range keys {
			delete(*p.tags, key)
		}
	}
	return []store.Change{p.put()}, nil
}

// checkTags holds tags to the lengths and the number of IAM.
func checkTags(k iam.Kind, tags map[string]string) error {
	if len(tags) > iam.MaxTags {
		return tooMany("TagsPer"+titled(k), iam.MaxTags, "take one away first")
	}
	for key, value := range tags {
		if !iam.IsTag(key, value) {
			return &Error{
				Code:    CodeInvalidInput,
				Message: fmt.Sprintf("%q is no tag.", key+"="+value),
				Remedy:  "Take up to 128 letters, digits, spaces and _.:/=+-@ as key, not aws: at its begin, and up to 256 as value.",
			}
		}
	}
	return nil
}

func titled(k iam.Kind) string { return strings.ToUpper(string(k[:1])) + string(k[1:]) }
