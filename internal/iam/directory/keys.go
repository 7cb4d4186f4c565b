package directory

import (
	"context"
	"crypto/sha256"

	"github.com/saprolite/saprolite/internal/identity"
)

// Lookup implements identity.Keys.
func (d *Directory) Lookup(_ context.Context, accessKeyID string) (identity.Key, error) {
	key, ok := d.current.Load().accessKeys[accessKeyID]
	if !ok {
		return identity.Key{}, identity.ErrUnknownKey
	}
	return key, nil
}

// LookupAPIKey implements identity.APIKeys.
func (d *Directory) LookupAPIKey(_ context.Context, hash [sha256.Size]byte) (identity.APIKey, error) {
	key, ok := d.current.Load().apiKeys[hash]
	if !ok {
		return identity.APIKey{}, identity.ErrUnknownKey
	}
	return key, nil
}

// Principal implements identity.Principals.
func (d *Directory) Principal(_ context.Context, arn, session string) (identity.Principal, error) {
	x := d.current.Load()
	if user := x.users[arn]; user != nil {
		return principal(user), nil
	}
	role := x.roles[arn]
	if role == nil {
		return identity.Principal{}, identity.ErrUnknownKey
	}
	return identity.Principal{
		ARN:     "arn:aws:sts::" + role.Account + ":assumed-role/" + role.Name + "/" + session,
		Account: role.Account,
		UserID:  role.ID + ":" + session,
		Tags:    role.Tags,
		Session: &identity.Session{RoleARN: arn, Name: session},
	}, nil
}
