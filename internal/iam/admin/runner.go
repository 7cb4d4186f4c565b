package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/store"
)

// maxAttempts bounds how often a change is thought out anew. Each attempt that is
// in vain is a change that somebody else has made.
const maxAttempts = 100

// Runner makes changes.
type Runner struct {
	Store store.Principals
	// Declared and File are those of [Everybody].
	Declared iam.Snapshot
	File     string
}

// Everybody gives all who exist now.
func (r *Runner) Everybody(ctx context.Context) (*Everybody, error) {
	stored, err := r.Store.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the principals of the state: %w", err)
	}
	return NewEverybody(stored, r.Declared, r.File), nil
}

// Apply makes the changes that think finds necessary. It is asked again when
// somebody else has made a change meanwhile.
func (r *Runner) Apply(ctx context.Context, think func(*Everybody) ([]store.Change, error)) error {
	for range maxAttempts {
		everybody, err := r.Everybody(ctx)
		if err != nil {
			return err
		}
		changes, err := think(everybody)
		if err != nil || len(changes) == 0 {
			return err
		}
		err = r.Store.Apply(ctx, everybody.Stored.Revision, changes...)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w, each of %d times: try again", store.ErrConflict, maxAttempts)
}
