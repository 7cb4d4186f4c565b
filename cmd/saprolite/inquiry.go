package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/store"
)

// inquiry is what a command asks the state, or changes in it.
type inquiry struct {
	settings *config.Config
	data     string
	// limit bounds all of it: a database may not answer, and another process may not
	// let go of a file.
	limit time.Duration
}

// run opens the state for as long as work takes.
func (i inquiry) run(ctx context.Context, work func(context.Context, store.Store) error) error {
	bounded, cancel := context.WithTimeout(ctx, i.limit)
	defer cancel()
	state, err := app.OpenState(bounded, i.settings, i.data)
	if err == nil {
		err = errors.Join(work(bounded, state), state.Close())
	}
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return i.unanswered(err)
	}
	return err
}

// unanswered says what to do when the time is over.
func (i inquiry) unanswered(err error) error {
	at, remedy := "in "+app.StateFile(i.settings, i.data), "see which process holds the file"
	if i.settings.State.Postgres != "" {
		at, remedy = "in PostgreSQL", "see whether the server of state.postgres runs, can be reached from here and waits for no lock"
	}
	return fmt.Errorf("the state %s did not answer within %v (%w): %s, and try again; of a change, look first whether it was made", at, i.limit, err, remedy)
}
