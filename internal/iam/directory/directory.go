// Package directory has everybody at hand: it lays those whom the configuration
// declares over those in the store, finds their keys, and knows what each may do.
//
// All that a request asks is answered from memory. What changes in the store, by
// this process or another, is there within [Options.Every].
package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/seal"
)

// Purpose is what secrets of access keys are sealed for.
const Purpose = "access key"

// Source is where people are remembered: store.Principals.
type Source interface {
	Revision(ctx context.Context) (int64, error)
	Snapshot(ctx context.Context) (iam.Snapshot, error)
}

// Declaration is whom a file declares.
type Declaration struct {
	Everybody iam.Snapshot
	// Secrets are those of the access keys, by id.
	Secrets map[string]string
}

// Options are what a Directory is made of. Source and Ring are required.
type Options struct {
	// Source has those that were made by commands.
	Source Source
	// Declared gives whom the configuration declares, and whether that has changed
	// since the last call. Nil declares nobody.
	Declared func() (d Declaration, changed bool, err error)
	// Ring opens the secrets of the source's access keys.
	Ring *seal.Ring
	// Every is how often changes are looked for; 0 is a second.
	Every time.Duration
	// Log takes what went wrong; nil discards it.
	Log *slog.Logger
}

// Directory is safe for concurrent use.
type Directory struct {
	options Options
	current atomic.Pointer[index]

	// mu is held while a new index is made.
	mu       sync.Mutex
	declared Declaration
	revision int64
	stored   iam.Snapshot
	// stale is set where one of these is newer than the index.
	stale bool
}

// New reads everybody.
func New(ctx context.Context, o Options) (*Directory, error) {
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Directory{options: o, revision: -1}
	if err := d.Refresh(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Run looks for changes until ctx ends. What cannot be read leaves everything as it
// was, and a line in the log, which also hears when it can be read again.
func (d *Directory) Run(ctx context.Context) {
	ticks := time.NewTicker(d.options.Every)
	defer ticks.Stop()
	var last string
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		declared, stored := d.refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		now := trouble(declared, stored)
		switch {
		case now == last: // the same trouble is told once
		case now == "":
			d.options.Log.Info("principals are read again")
		default:
			d.options.Log.Error("principals could not be read anew; those known before stay in force", "error", errors.Join(declared, stored))
		}
		last = now
	}
}

// trouble tells troubles apart. A store that is away has many words for it.
func trouble(declared, stored error) (text string) {
	if stored != nil {
		text = "store"
	}
	if declared != nil {
		text += " " + declared.Error()
	}
	return text
}

// patience is how long a store that does not answer is waited for, before what else
// there is to know is taken up without it.
const patience = 5 * time.Second

// Refresh takes up what has changed. The file and the store do not wait for each
// other: where one cannot be read, what it said last stays in force, and news of the
// other are taken up all the same.
func (d *Directory) Refresh(ctx context.Context) error { return errors.Join(d.refresh(ctx)) }

// refresh is Refresh that tells apart what could not be read.
func (d *Directory) refresh(ctx context.Context) (declared, stored error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	declared, stored = d.readDeclared(), d.readStored(ctx)
	before := d.current.Load()
	if before == nil && (declared != nil || stored != nil) || before != nil && !d.stale {
		return declared, stored
	}
	next, problems := newIndex(d.stored, d.declared, d.options.Ring, before)
	for _, problem := range problems {
		d.options.Log.Error("a principal is not in force as it is written", "error", problem)
	}
	d.current.Store(next)
	d.stale = false
	return declared, stored
}

func (d *Directory) readDeclared() error {
	if d.options.Declared == nil {
		return nil
	}
	declared, changed, err := d.options.Declared()
	if err == nil && changed {
		d.declared, d.stale = declared, true
	}
	return err
}

func (d *Directory) readStored(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	revision, err := d.options.Source.Revision(ctx)
	if err != nil {
		return fmt.Errorf("ask for the revision of the state: %w", err)
	}
	if revision == d.revision {
		return nil
	}
	stored, err := d.options.Source.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read the principals of the state: %w", err)
	}
	d.stored, d.revision, d.stale = stored, stored.Revision, true
	return nil
}

// errGone means that somebody who is still known by a credential exists no more.
var errGone = errors.New("the principal does not exist any more")
