package admin

import (
	"fmt"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/store"
)

// Deletion says what becomes of that which depends on something that is deleted.
type Deletion int

const (
	// Careful refuses to delete what something depends on, as IAM does.
	Careful Deletion = iota
	// Whole deletes that too, and takes the deleted from where it is named.
	Whole
)

// force is what a careful deletion advises.
const force = "Undo that first, or give --force, which does it."

// CreateAccount makes an account.
func (e *Everybody) CreateAccount(a iam.Account) ([]store.Change, error) {
	if !iam.IsAccountID(a.ID) {
		return nil, &Error{
			Code:    policy.CodeValidation,
			Message: fmt.Sprintf("%q is no id of an account.", a.ID),
			Remedy:  "Write twelve digits, or leave it out for random ones.",
		}
	}
	if err := free(e.All.Accounts, a.Ref()); err != nil {
		return nil, err
	}
	return []store.Change{store.Put(a)}, nil
}

// DeleteAccount deletes an account, which must be empty unless it is deleted
// whole. What the file declares in it stays.
func (e *Everybody) DeleteAccount(id string, d Deletion) ([]store.Change, error) {
	account, err := changeable(e, e.Stored.Accounts, e.Declared.Accounts, iam.Account{ID: id}.Ref())
	if err != nil {
		return nil, err
	}
	var changes []store.Change
	for _, r := range e.Stored.Refs() {
		if r.Account == id && r.Kind != iam.KindAccount {
			changes = append(changes, store.Delete(r))
		}
	}
	if len(changes) > 0 && d == Careful {
		return nil, inUse(fmt.Sprintf("The account %s is not empty: it has %d users, groups, roles, policies and keys.", id, len(changes)), force)
	}
	return append(changes, store.Delete(account.Ref())), nil
}
