package app

import (
	"cmp"
	"errors"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/store"
)

// invocations is the log of what is asked and answered, and what it is written by.
type invocations struct {
	log     *invocationlog.Log
	objects io.Closer
}

// newInvocations makes the log of invocations. Its objects are in a store of their
// own, and what waits for that is in the data folder.
func newInvocations(o Options, settings store.Settings, log *slog.Logger) (*invocations, error) {
	c := &o.Config.InvocationLogging
	dir := filepath.Join(o.DataDir, "invocation-logs")
	objects, closer, err := newObjectStore(o.Config, "invocationLogging", cmp.Or(c.Folder, filepath.Join(dir, "objects")), c.S3)
	if err != nil {
		return nil, err
	}
	opened, err := invocationlog.Open(invocationlog.Options{
		Settings: settings, Default: c.Default.LoggingConfig(), Objects: objects,
		Spool: spool.Options{
			Dir: filepath.Join(dir, "spool"), Limit: int64(c.SpoolLimit), GroupSize: int64(c.GroupSize), GroupTime: c.GroupTime,
		},
		WhenFull: invocationlog.WhenFull(c.WhenFull), Log: log,
	})
	if err != nil {
		return nil, errors.Join(err, closer.Close())
	}
	return &invocations{opened, closer}, nil
}

// orNil is nil where there is no log.
func (i *invocations) orNil() *invocationlog.Log {
	if i == nil {
		return nil
	}
	return i.log
}

// Close brings what waits to the objects, and closes them.
func (i *invocations) Close() error { return errors.Join(i.log.Close(), i.objects.Close()) }
