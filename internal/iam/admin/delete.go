package admin

import (
	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/store"
)

// DeleteUser deletes a user: one without keys, groups and policies, or all of these
// with it.
func (e *Everybody) DeleteUser(r iam.Ref, d Deletion) ([]store.Change, error) {
	u, err := changeable(e, e.Stored.Users, e.Declared.Users, r)
	if err != nil {
		return nil, err
	}
	changes := []store.Change{store.Delete(r)}
	for _, k := range e.Stored.AccessKeys {
		if k.Account == r.Account && k.User == r.Name {
			changes = append(changes, store.Delete(k.Ref()))
		}
	}
	for _, k := range e.Stored.APIKeys {
		if k.Account == r.Account && k.User == r.Name {
			changes = append(changes, store.Delete(k.Ref()))
		}
	}
	switch {
	case d == Whole:
		return changes, nil
	case len(changes) > 1:
		return nil, inUse("Cannot delete entity, must delete access keys and API keys first.", force)
	case len(u.Groups) > 0:
		return nil, inUse("Cannot delete entity, must remove users from group first.", force)
	}
	return changes, unused(u.Permissions)
}

// unused refuses what has policies still.
func unused(p iam.Permissions) error {
	switch {
	case len(p.Attached) > 0:
		return inUse("Cannot delete entity, must detach all policies first.", force)
	case len(p.Inline) > 0:
		return inUse("Cannot delete entity, must delete policies first.", force)
	}
	return nil
}

// DeleteRole deletes a role: one without policies, or these with it.
func (e *Everybody) DeleteRole(r iam.Ref, d Deletion) ([]store.Change, error) {
	role, err := changeable(e, e.Stored.Roles, e.Declared.Roles, r)
	if err == nil && d == Careful {
		err = unused(role.Permissions)
	}
	return []store.Change{store.Delete(r)}, err
}

// DeleteGroup deletes a group: one without users and policies, or it takes the users
// out.
func (e *Everybody) DeleteGroup(r iam.Ref, d Deletion) ([]store.Change, error) {
	group, err := changeable(e, e.Stored.Groups, e.Declared.Groups, r)
	if err != nil {
		return nil, err
	}
	changes := []store.Change{store.Delete(r)}
	for _, u := range e.All.Users {
		left := without(u.Groups, r.Name)
		if u.Account != r.Account || len(left) == len(u.Groups) {
			continue
		}
		if d == Careful {
			return nil, inUse("Cannot delete entity, must remove users from group first.", force)
		}
		if _, declared := find(e.Declared.Users, u.Ref()); declared {
			return nil, e.isDeclared(u.Ref())
		}
		u.Groups = left
		changes = append(changes, store.Put(u))
	}
	if d == Careful {
		err = unused(group.Permissions)
	}
	return changes, err
}
