package admin

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/store"
)

// maxKeys is how many access keys a user may have, and how many API keys.
const maxKeys = 2

// NewAccessKey mints an access key for a user. The secret, 40 characters as in IAM,
// is nowhere else than here, and sealed in the key.
func NewAccessKey(user iam.Ref, ring *seal.Ring, now time.Time) (key iam.AccessKey, secret string) {
	var random [30]byte
	rand.Read(random[:])
	secret = base64.StdEncoding.EncodeToString(random[:])
	return iam.AccessKey{
		ID: iam.NewID(iam.KindAccessKey), Account: user.Account, User: user.Name,
		Secret: ring.Seal(directory.Purpose, []byte(secret)), Created: now,
	}, secret
}

// NewAPIKey mints a long-term API key for a user. The key itself is nowhere else
// than here. Expires is the zero time for a key that does not.
func NewAPIKey(user iam.Ref, now, expires time.Time) (key iam.APIKey, token string) {
	id, token := identity.NewAPIKey(user.Account)
	hash := identity.HashAPIKey(token)
	return iam.APIKey{ID: id, Account: user.Account, User: user.Name, Hash: hash[:], Created: now, Expires: expires}, token
}

// AddAccessKey gives a user an access key.
func (e *Everybody) AddAccessKey(k iam.AccessKey) ([]store.Change, error) {
	if err := e.keyHolder(k.Account, k.User); err != nil {
		return nil, err
	}
	n := 0
	for _, other := range e.Stored.AccessKeys {
		if other.Account == k.Account && other.User == k.User {
			n++
		}
	}
	if n >= maxKeys {
		return nil, tooMany("AccessKeysPerUser", maxKeys, oneMore(k.User))
	}
	return []store.Change{store.Put(k)}, nil
}

// AddAPIKey gives a user a long-term API key.
func (e *Everybody) AddAPIKey(k iam.APIKey) ([]store.Change, error) {
	if err := e.keyHolder(k.Account, k.User); err != nil {
		return nil, err
	}
	n := 0
	for _, other := range e.Stored.APIKeys {
		if other.Account == k.Account && other.User == k.User {
			n++
		}
	}
	if n >= maxKeys {
		return nil, tooMany("ServiceSpecificCredentialsPerUser", maxKeys, oneMore(k.User))
	}
	if !k.Expires.IsZero() && !k.Expires.After(k.Created) {
		return nil, &Error{Code: CodeInvalidInput, Message: "The API key would have expired already.", Remedy: "Write --expires 90d, or leave it out."}
	}
	return []store.Change{store.Put(k)}, nil
}

func oneMore(user string) string {
	return fmt.Sprintf("\"saprolite keys list --user %s\" shows them; revoke one first", user)
}

func (e *Everybody) keyHolder(account, user string) error {
	_, err := changeable(e, e.Stored.Users, e.Declared.Users, iam.User{Account: account, Name: user}.Ref())
	return err
}

// KeyStatus is what becomes of a key.
type KeyStatus int

const (
	// Revoke deletes the key.
	Revoke KeyStatus = iota
	// Activate makes it good again.
	Activate
	// Deactivate makes it good for nothing until it is activated.
	Deactivate
)

// SetKeyStatus revokes, activates or deactivates the key of that id, of either kind;
// an empty account means whichever has it.
func (e *Everybody) SetKeyStatus(account, id string, to KeyStatus) ([]store.Change, error) {
	for _, r := range e.Declared.Refs() {
		if isKey(r, account, id) {
			return nil, e.isDeclared(r)
		}
	}
	for _, k := range e.Stored.AccessKeys {
		if isKey(k.Ref(), account, id) {
			k.Inactive = to == Deactivate
			return []store.Change{keyChange(k, to)}, nil
		}
	}
	for _, k := range e.Stored.APIKeys {
		if isKey(k.Ref(), account, id) {
			k.Inactive = to == Deactivate
			return []store.Change{keyChange(k, to)}, nil
		}
	}
	return nil, missing(iam.Ref{Kind: iam.KindAccessKey, Account: account, Name: id})
}

func isKey(r iam.Ref, account, id string) bool {
	return (r.Kind == iam.KindAccessKey || r.Kind == iam.KindAPIKey) && r.Name == id && (account == "" || r.Account == account)
}

func keyChange(k iam.Entity, to KeyStatus) store.Change {
	if to == Revoke {
		return store.Delete(k.Ref())
	}
	return store.Put(k)
}

// Reseal seals all secrets with the ring's first key.
func (e *Everybody) Reseal(ring *seal.Ring) ([]store.Change, error) {
	var changes []store.Change
	for _, k := range e.Stored.AccessKeys {
		secret, err := ring.Open(directory.Purpose, k.Secret)
		if err != nil {
			return nil, fmt.Errorf("%s: its secret: %w; put the key that sealed it into the key file too, or revoke %s", k.Ref(), err, k.ID)
		}
		k.Secret = ring.Seal(directory.Purpose, secret)
		changes = append(changes, store.Put(k))
	}
	return changes, nil
}
