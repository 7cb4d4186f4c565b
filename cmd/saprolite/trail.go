package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/audit"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/store"
)

// Apply is that of the Runner, and puts down in the audit trail what was changed.
func (d *desk) Apply(ctx context.Context, think func(*admin.Everybody) ([]store.Change, error)) error {
	trail, err := d.trail()
	if err != nil {
		return err
	}
	if trail == nil {
		return d.Runner.Apply(ctx, think)
	}
	defer trail.Close()
	var before *admin.Everybody
	var changes []store.Change
	err = d.Runner.Apply(ctx, func(e *admin.Everybody) (_ []store.Change, err error) {
		before = e
		changes, err = think(e)
		return changes, err
	})
	if err != nil {
		return err
	}
	for _, change := range changes {
		if err := trail.Changed(putDown(before, change)); err != nil {
			return fmt.Errorf("it is done, but the audit trail cannot be written: %w", err)
		}
	}
	return nil
}

// trail opens the audit trail, or gives nil where there is none. On the standard output
// are the answers of the commands.
func (d *desk) trail() (*audit.Trail, error) {
	if d.settings.Audit.File == config.Stdout {
		return nil, nil
	}
	trail, err := app.OpenTrail(d.settings, slog.New(slog.DiscardHandler))
	if err != nil && d.settings.Audit.OnFailure == config.AuditContinue {
		return nil, nil
	}
	return trail, err
}

func putDown(before *admin.Everybody, change store.Change) audit.Change {
	c := audit.Change{Verb: audit.Delete, At: thisSecond()}
	if change.Delete != nil {
		c.Entity = *change.Delete
		return c
	}
	c.Verb, c.Entity = audit.Create, change.Put.Ref()
	if slices.Contains(before.Stored.Refs(), c.Entity) {
		c.Verb = audit.Update
	}
	return c
}
