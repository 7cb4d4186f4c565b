// Package admin changes who exists: it says what has to change in the state for
// somebody to be made, changed or deleted, by the rules of IAM and in its words.
//
// What the configuration file declares is seen here, and is changed there alone.
package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// Everybody is all who exist at one moment. Its methods that return changes make
// none themselves; their errors are of the type [*Error].
type Everybody struct {
	// Stored are those in the state.
	Stored iam.Snapshot
	// Declared are those of the configuration's file; they take the place of stored
	// ones of their names.
	Declared iam.Snapshot
	// File is the path of that file.
	File string
	// All are both together, each kind ordered by account and name.
	All iam.Snapshot
}

// NewEverybody lays the declared ones over the stored ones.
func NewEverybody(stored, declared iam.Snapshot, file string) *Everybody {
	return &Everybody{
		Stored: stored, Declared: declared, File: file,
		All: iam.Snapshot{
			Revision:   stored.Revision,
			Accounts:   over(stored.Accounts, declared.Accounts),
			Users:      over(stored.Users, declared.Users),
			Groups:     over(stored.Groups, declared.Groups),
			Roles:      over(stored.Roles, declared.Roles),
			Policies:   over(stored.Policies, declared.Policies),
			AccessKeys: over(stored.AccessKeys, declared.AccessKeys),
			APIKeys:    over(stored.APIKeys, declared.APIKeys),
		},
	}
}

func over[E iam.Entity](stored, declared []E) []E {
	all := slices.Clone(declared)
	for _, e := range stored {
		if _, taken := find(declared, e.Ref()); !taken {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b E) int {
		x, y := a.Ref(), b.Ref()
		return cmp.Or(strings.Compare(x.Account, y.Account), strings.Compare(x.Name, y.Name))
	})
	return all
}

// find gives the entity of a name.
func find[E iam.Entity](all []E, r iam.Ref) (E, bool) {
	if i := slices.IndexFunc(all, func(e E) bool { return e.Ref() == r }); i >= 0 {
		return all[i], true
	}
	var none E
	return none, false
}

// changeable gives a stored entity, or says why there is none to change.
func changeable[E iam.Entity](e *Everybody, stored, declared []E, r iam.Ref) (E, error) {
	if _, ok := find(declared, r); ok {
		var none E
		return none, e.isDeclared(r)
	}
	if entity, ok := find(stored, r); ok {
		return entity, nil
	}
	var none E
	return none, missing(r)
}

// free says whether a new entity may have its name. Names that differ in case
// alone are the same, as in IAM.
func free[E iam.Entity](all []E, r iam.Ref) error {
	for _, e := range all {
		if other := e.Ref(); other.Account == r.Account && strings.EqualFold(other.Name, r.Name) {
			return exists(other)
		}
	}
	return nil
}

// creatable says whether there is room for a new entity: its account, and a name
// that is free.
func creatable[E iam.Entity](e *Everybody, all []E, r iam.Ref) error {
	if !iam.IsName(r.Name) {
		return &Error{
			Code:    policy.CodeValidation,
			Message: fmt.Sprintf("The specified value for %sName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", r.Kind),
			Remedy:  "Take another name than " + fmt.Sprintf("%q", r.Name) + ", of up to 64 of these.",
		}
	}
	if err := e.account(r.Account); err != nil {
		return err
	}
	return free(all, r)
}

func (e *Everybody) account(id string) error {
	if _, ok := find(e.All.Accounts, iam.Account{ID: id}.Ref()); !ok {
		return missing(iam.Account{ID: id}.Ref())
	}
	return nil
}

// User gives a user, declared or stored.
func (e *Everybody) User(r iam.Ref) (iam.User, error) { return known(e.All.Users, r) }

// Group gives a group, declared or stored.
func (e *Everybody) Group(r iam.Ref) (iam.Group, error) { return known(e.All.Groups, r) }

// Role gives a role, declared or stored.
func (e *Everybody) Role(r iam.Ref) (iam.Role, error) { return known(e.All.Roles, r) }

// Policy gives a managed policy of an account, by its name or its ARN.
func (e *Everybody) Policy(account, name string) (iam.Policy, error) {
	for _, p := range e.All.Policies {
		if p.ARN() == iam.PolicyARN(account, name) {
			return p, nil
		}
	}
	return iam.Policy{}, missing(iam.Policy{Account: account, Name: name}.Ref())
}

func known[E iam.Entity](all []E, r iam.Ref) (E, error) {
	entity, ok := find(all, r)
	if !ok {
		return entity, missing(r)
	}
	return entity, nil
}
