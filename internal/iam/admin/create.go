package admin

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/store"
)

// CreateUser makes a user. Its Attached and Boundary are named as in [Attachments].
func (e *Everybody) CreateUser(u iam.User) ([]store.Change, error) {
	if err := creatable(e, e.All.Users, u.Ref()); err != nil {
		return nil, err
	}
	if err := e.checkGroups(u); err != nil {
		return nil, err
	}
	return e.create(ofUser(&u))
}

// CreateGroup makes a group. Its Attached are named as in [Attachments].
func (e *Everybody) CreateGroup(g iam.Group) ([]store.Change, error) {
	if err := creatable(e, e.All.Groups, g.Ref()); err != nil {
		return nil, err
	}
	return e.create(ofGroup(&g))
}

// CreateRole makes a role. Its Attached and Boundary are named as in [Attachments].
func (e *Everybody) CreateRole(r iam.Role) ([]store.Change, error) {
	if err := creatable(e, e.All.Roles, r.Ref()); err != nil {
		return nil, err
	}
	if err := checkRole(r); err != nil {
		return nil, err
	}
	return e.create(ofRole(&r))
}

// UpdateRole changes who may assume a role, and for how long, where r has these.
func (e *Everybody) UpdateRole(r iam.Role) ([]store.Change, error) {
	was, err := changeable(e, e.Stored.Roles, e.Declared.Roles, r.Ref())
	if err != nil {
		return nil, err
	}
	was.Trust, was.MaxSession = cmp.Or(r.Trust, was.Trust), cmp.Or(r.MaxSession, was.MaxSession)
	return []store.Change{store.Put(was)}, checkRole(was)
}

func checkRole(r iam.Role) error {
	if !iam.IsMaxSession(r.MaxSession) {
		return &Error{
			Code:    policy.CodeValidation,
			Message: fmt.Sprintf("A role is assumed for 1 to 12 hours at most, not for %v.", r.MaxSession),
			Remedy:  "Write --max-session 4h.",
		}
	}
	return checkDocument(r.Name, policy.Trust, r.Trust)
}

// create checks what a principal comes with, and puts it.
func (e *Everybody) create(p *principal) ([]store.Change, error) {
	with := Attachments{Policies: p.permissions.Attached}
	if p.boundary != nil {
		with.Boundary = *p.boundary
	}
	if p.tags != nil {
		if err := checkTags(p.ref.Kind, *p.tags); err != nil {
			return nil, err
		}
	}
	p.permissions.Attached = nil
	if err := e.attach(p, with); err != nil {
		return nil, err
	}
	return []store.Change{p.put()}, nil
}

// checkGroups says whether a user can be in its groups.
func (e *Everybody) checkGroups(u iam.User) error {
	for _, name := range u.Groups {
		r := iam.Group{Account: u.Account, Name: name}.Ref()
		if _, ok := find(e.All.Groups, r); !ok {
			return missing(r)
		}
	}
	if len(u.Groups) > maxGroups {
		return tooMany("GroupsPerUser", maxGroups, "take the user out of another first")
	}
	return nil
}

// AddToGroup puts users into a group.
func (e *Everybody) AddToGroup(group iam.Ref, users []string) ([]store.Change, error) {
	return e.members(group, users, func(u *iam.User) {
		if !slices.Contains(u.Groups, group.Name) {
			u.Groups = append(slices.Clone(u.Groups), group.Name)
		}
	})
}

// RemoveFromGroup takes users out of a group.
func (e *Everybody) RemoveFromGroup(group iam.Ref, users []string) ([]store.Change, error) {
	return e.members(group, users, func(u *iam.User) { u.Groups = without(u.Groups, group.Name) })
}

func (e *Everybody) members(group iam.Ref, users []string, change func(*iam.User)) ([]store.Change, error) {
	if _, ok := find(e.All.Groups, group); !ok {
		return nil, missing(group)
	}
	var changes []store.Change
	for _, name := range users {
		u, err := changeable(e, e.Stored.Users, e.Declared.Users, iam.User{Account: group.Account, Name: name}.Ref())
		if err != nil {
			return nil, err
		}
		change(&u)
		if err := e.checkGroups(u); err != nil {
			return nil, err
		}
		changes = append(changes, store.Put(u))
	}
	return changes, nil
}

// without is a copy of a list that lacks an item.
func without(list []string, item string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == item })
}
