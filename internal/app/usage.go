package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/store"
)

// loadPrices reads the file of prices that the configuration names, or gives nil
// when it names none.
func loadPrices(c *config.Config) (*meter.Prices, error) {
	if c.Prices == "" {
		return nil, nil
	}
	prices, err := meter.LoadPrices(c.Prices)
	if err != nil {
		return nil, c.Problem("prices", err.Error(), "docs/usage.md describes the file")
	}
	return prices, nil
}

// openState opens the state within [StateTime].
func openState(o Options) (store.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), StateTime)
	defer cancel()
	state, err := OpenState(ctx, o.Config, o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("the state cannot be opened, give it a folder that can be written (--data), or a place in the configuration (state): %w", err)
	}
	return state, nil
}

// newMeter makes what counts calls. The journal is in the data folder: it is this
// machine's, wherever the state is.
func newMeter(o Options, prices *meter.Prices, usage store.Usage, counting quota.Amounts, log *slog.Logger) (*meter.Meter, error) {
	journal, err := meter.OpenJournal(meter.JournalOptions{Dir: filepath.Join(o.DataDir, "usage"), Sink: usage, Log: log})
	if err != nil {
		return nil, err
	}
	return &meter.Meter{
		Prices:  prices,
		Budgets: meter.NewBudgets(o.Config.MeterBudgets(), counting, usage, log),
		Journal: journal,
	}, nil
}

// forgetTime is how often usage is looked for that is older than it is kept.
const forgetTime = time.Hour

// forget deletes usage that is older than it is kept, until done is closed.
func (a *App) forget(done <-chan struct{}) {
	keep := a.config.State.KeepUsage
	if a.state == nil || keep == 0 {
		return
	}
	ticker := time.NewTicker(forgetTime)
	defer ticker.Stop()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), StateTime)
		if err := a.state.DeleteUsage(ctx, time.Now().Add(-keep)); err != nil {
			a.log.Warn("usage older than state.keepUsage is not deleted yet", "cause", err)
		}
		cancel()
		select {
		case <-ticker.C:
		case <-done:
			return
		}
	}
}

// closeState brings the last usage into the state, and closes it.
func (a *App) closeState() error {
	var err error
	if a.meter != nil {
		err = a.meter.Journal.Close()
	}
	if a.state != nil {
		err = errors.Join(err, a.state.Close())
	}
	return err
}
