package meter

import (
	"context"
	"time"
)

// Meter counts calls, prices them, and holds them to budgets. Its members may be
// nil: then nothing is kept, everything costs nothing, and no budget is held.
type Meter struct {
	Prices  *Prices
	Budgets *Budgets
	Journal *Journal
}

// Admit refuses a call whose budget is spent; see [Budgets.Admit].
func (m *Meter) Admit(ctx context.Context, c Caller, at time.Time) error {
	return m.Budgets.Admit(ctx, c, at)
}

// Record prices a call, counts it against its caller's budgets and keeps it. When it
// returns, the record outlives this process. Record does not fail, and waits for
// nobody that is not needed: see [Journal].
func (m *Meter) Record(ctx context.Context, c Caller, r Record) {
	r.Cost = m.Prices.Cost(&r)
	// Ahead of the journal: what the store knows of must not be counted once more.
	m.Budgets.Spend(ctx, c, r.Time, r.Cost)
	if m.Journal != nil {
		m.Journal.Append(r)
	}
}
