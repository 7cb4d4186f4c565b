package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

type backupCommand struct {
	setup
	File string `arg:"" help:"New file of the copy." type:"path"`
}

// Run copies the state.
func (c *backupCommand) Run(ctx context.Context) error {
	state, err := c.stateFile("pg_dump")
	if err != nil {
		return err
	}
	if err := sqlite.Backup(ctx, state, c.File); err != nil {
		if _, missing := os.Stat(filepath.Dir(c.File)); missing != nil {
			return fmt.Errorf("%w: make the folder of the copy first", missing)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no state in %s, so nothing to copy: name the folder with --data, or the file in the configuration (%w)", state, err)
		}
		return err
	}
	fmt.Printf("The state in %s was copied to %s. \"saprolite restore %s\" brings it back.\n", state, c.File, c.File)
	return nil
}

type restoreCommand struct {
	setup
	File string `arg:"" help:"A copy that \"saprolite backup\" has made." type:"existingfile"`
}

// Run puts a copy in place of the state.
func (c *restoreCommand) Run(ctx context.Context) error {
	state, err := c.stateFile("pg_restore")
	if err != nil {
		return err
	}
	if err := sqlite.Restore(ctx, state, c.File); err != nil {
		return err
	}
	fmt.Printf("The state in %s is that of %s now. A server that runs on it goes on with it.\n", state, c.File)
	return nil
}

// stateFile gives the file of the state, and refuses a state in a database, for
// which tool is the one to use.
func (s *setup) stateFile(tool string) (string, error) {
	settings, err := s.load()
	if err != nil {
		return "", err
	}
	if settings.State.Postgres != "" {
		return "", fmt.Errorf("the state is in PostgreSQL: use %s, or what else copies your databases", tool)
	}
	data, err := s.dataDir(settings)
	return app.StateFile(settings, data), err
}
