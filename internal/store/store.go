// Package store is what the program remembers: an interface for each concern, and
// one store that has them all. sqlite keeps it in a file, postgres in a server that
// several nodes share; storetest is the suite that both pass.
//
// What a method has acknowledged outlives the process, however that ends.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/meter"
)

// Store is all that is remembered. It is safe for concurrent use, by several
// processes too.
type Store interface {
	Principals
	Usage
	Profiles
	Settings
	// Ping says whether the store answers.
	Ping(ctx context.Context) error
	Close() error
}

// Errors of all stores.
var (
	// ErrConflict means that somebody else made a change first.
	ErrConflict = errors.New("the state has changed meanwhile")
	// ErrExists means that the name is taken.
	ErrExists = errors.New("it exists already")
	// ErrNotFound means that there is no such thing.
	ErrNotFound = errors.New("it does not exist")
)

// Principals remembers who exists.
type Principals interface {
	// Revision changes with every Apply. It is cheap to ask for.
	Revision(ctx context.Context) (int64, error)
	// Snapshot gives everybody, each kind ordered by account and name.
	Snapshot(ctx context.Context) (iam.Snapshot, error)
	// Apply makes all changes or none, in their order. They were thought out at a
	// revision: when that is not the present one any more, the error is ErrConflict. With
	// an account go its profiles and settings: who gets its id later finds nothing of it.
	Apply(ctx context.Context, revision int64, changes ...Change) error
}

// Change puts an entity, in place of the one of its name, or deletes one that may
// be gone already. One of the two is set.
type Change struct {
	Put    iam.Entity
	Delete *iam.Ref
}

// Put is the change that puts an entity.
func Put(e iam.Entity) Change { return Change{Put: e} }

// Delete is the change that deletes an entity.
func Delete(r iam.Ref) Change { return Change{Delete: &r} }

// Usage remembers what was used.
type Usage interface {
	// AddUsage adds all records or none. Those whose request id it has are passed
	// over.
	AddUsage(ctx context.Context, records []meter.Record) error
	// SumUsage gives the sums of the groups, ordered by them.
	SumUsage(ctx context.Context, q meter.Query) ([]meter.Sum, error)
	// DeleteUsage deletes the records of times before the given one.
	DeleteUsage(ctx context.Context, before time.Time) error
}

// Profile is an application inference profile.
type Profile struct {
	// ID is 12 lower-case letters and digits, unique in the account; Name is unique in
	// the account's region.
	ID, Account, Name string
	Description       string
	// Region is that of its ARN.
	Region string
	// Source is the ARN of the model or profile that it was made from, Models
	// those of the models that it leads to.
	Source string
	Models []string
	Tags   map[string]string
	// Token is the caller's clientRequestToken, by which a repeated creation is
	// known.
	Token            string
	Created, Updated time.Time
}

// ARN is arn:aws:bedrock:<region>:<account>:application-inference-profile/<id>.
func (p *Profile) ARN() string {
	return "arn:aws:bedrock:" + p.Region + ":" + p.Account + ":application-inference-profile/" + p.ID
}

// Profiles remembers application inference profiles.
type Profiles interface {
	// CreateProfile fails with ErrExists where the account has one of that id, or of
	// that name in the region.
	CreateProfile(ctx context.Context, p Profile) error
	// Profile finds by id; the error is ErrNotFound.
	Profile(ctx context.Context, account, id string) (Profile, error)
	// Profiles gives those of an account in a region, or in all for an empty one,
	// ordered by id, at most limit.
	Profiles(ctx context.Context, account, region string, limit int) ([]Profile, error)
	// UpdateProfile changes one between reading and writing, which nothing else
	// does meanwhile. The error is ErrNotFound, or change's.
	UpdateProfile(ctx context.Context, account, id string, change func(*Profile) error) error
	// DeleteProfile fails with ErrNotFound.
	DeleteProfile(ctx context.Context, account, id string) error
}

// Settings remembers documents by name, such as an account's configuration of
// invocation logging. What is an account's ends in a slash and its id.
type Settings interface {
	// Setting gives a document; the error is ErrNotFound.
	Setting(ctx context.Context, name string) (json.RawMessage, error)
	// PutSetting puts a document in place of the one of its name.
	PutSetting(ctx context.Context, name string, document json.RawMessage) error
	// DeleteSetting deletes a document that may be gone already.
	DeleteSetting(ctx context.Context, name string) error
}
