package meter

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/quota"
)

// Period is how long a budget is for.
type Period string

// The periods, which begin at midnight in UTC.
const (
	Daily   Period = "daily"
	Monthly Period = "monthly"
)

// Window is the time from Start to the moment before End.
type Window struct{ Start, End time.Time }

// Window gives the day or month that a moment is in.
func (p Period) Window(at time.Time) Window {
	year, month, day := at.UTC().Date()
	if p == Monthly {
		start := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return Window{start, start.AddDate(0, 1, 0)}
	}
	start := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return Window{start, start.AddDate(0, 0, 1)}
}

// Budget bounds what calls may cost in a period.
type Budget struct {
	// Name has letters, digits, - and _.
	Name string
	// Per is whose budget it is: FieldAccount, FieldPrincipal or a field of
	// requestMetadata. Each value has one of its own. Calls without a value have none.
	Per Field
	// Only is what the values are like, with * for any text.
	Only   string
	Period Period
	// Amount is in billionths of a dollar. Calls are refused when it is spent.
	Amount int64
	// Warn are the percentages at which the log gets a line.
	Warn []int
}

// Caller is who pays for a call.
type Caller struct {
	Account, Principal string
	Metadata           map[string]string
}

// value gives whose of the budgets the caller's call is on.
func (b *Budget) value(c Caller) (value string, ok bool) {
	switch b.Per {
	case FieldAccount:
		value = c.Account
	case FieldPrincipal:
		value = c.Principal
	default:
		key, _ := b.Per.MetadataKey()
		value = c.Metadata[key]
	}
	return value, value != "" && fits(b.Only, value)
}

// key names the budget of a value among the sums.
func (b *Budget) key(value string) string { return b.Name + "/" + value }

// Budgets hold calls to what they may cost. A call that is under way when a budget
// is spent ends, and is counted: budgets are overdrawn by what runs at one time.
type Budgets struct {
	list   []Budget
	sums   quota.Amounts
	before *before
	log    *slog.Logger
	stats  budgetStats
	// told is when the log heard last that budgets cannot be checked, in nanoseconds.
	told atomic.Int64
}

type budgetStats struct{ warned, refused, unchecked atomic.Int64 }

// NewBudgets makes budgets, whose sums are kept where those of quotas are: for all
// nodes, where they share a Redis. Usage is asked what was spent of a sum that is not
// known there; nil knows of nothing. The log may be nil.
func NewBudgets(list []Budget, sums quota.Amounts, usage Sums, log *slog.Logger) *Budgets {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Budgets{list: list, sums: sums, before: &before{usage: usage}, log: log}
}

// BudgetStats count since the start: the lines of warning, the calls that were
// refused, and the times that nobody could tell what was spent.
type BudgetStats struct{ Warned, Refused, Unchecked int64 }

// Stats says what the budgets did.
func (b *Budgets) Stats() BudgetStats {
	if b == nil {
		return BudgetStats{}
	}
	return BudgetStats{b.stats.warned.Load(), b.stats.refused.Load(), b.stats.unchecked.Load()}
}

// Admit refuses a call whose budget is spent. The error is a
// *bedrock.ServiceQuotaExceededException: unlike throttling, SDKs do not try again
// what will be refused until the period ends. Where nobody can tell what was spent,
// calls go on.
func (b *Budgets) Admit(ctx context.Context, c Caller, at time.Time) error {
	if b == nil {
		return nil
	}
	for i := range b.list {
		budget := &b.list[i]
		value, ok := budget.value(c)
		if !ok {
			continue
		}
		window := budget.Period.Window(at)
		if total, ok := b.add(ctx, budget, value, window, 0); ok && total >= budget.Amount {
			b.stats.refused.Add(1)
			return &bedrock.ServiceQuotaExceededException{Message: fmt.Sprintf(
				"The %s budget %s of %s is spent. It begins anew at %s.",
				budget.Period, budget.Name, value, window.End.Format(time.RFC3339))}
		}
	}
	return nil
}

// Spend counts what a call has cost.
func (b *Budgets) Spend(ctx context.Context, c Caller, at time.Time, cost int64) {
	if b == nil || cost <= 0 {
		return
	}
	for i := range b.list {
		budget := &b.list[i]
		value, ok := budget.value(c)
		if !ok {
			continue
		}
		total, ok := b.add(ctx, budget, value, budget.Period.Window(at), cost)
		if !ok {
			continue
		}
		for _, percent := range budget.Warn {
			// One call alone steps over a line, also where several nodes add.
			if line := budget.Amount / 100 * int64(percent); total >= line && total-cost < line {
				b.stats.warned.Add(1)
				b.log.WarnContext(ctx, "a budget is spent in part", "budget", budget.Name, "of", value,
					"percent", percent, "spent", FormatDollars(total), "amount", FormatDollars(budget.Amount))
			}
		}
	}
}

// tellTime is how often the log hears that budgets cannot be checked.
const tellTime = time.Minute

// tells says whether it is time for the log to hear it.
func (b *Budgets) tells() bool {
	now, last := time.Now().UnixNano(), b.told.Load()
	return (last == 0 || now-last >= int64(tellTime)) && b.told.CompareAndSwap(last, now)
}

// add adds an amount, which may be 0, and gives the sum.
func (b *Budgets) add(ctx context.Context, budget *Budget, value string, w Window, amount int64) (total int64, ok bool) {
	window := quota.ByDay
	if budget.Period == Monthly {
		window = quota.ByMonth
	}
	// The caller may leave, and has to pay all the same.
	held, err := b.sums.Reserve(context.WithoutCancel(ctx), amount, quota.Claim{
		Key: budget.key(value), Window: window, At: w.Start,
		Seed: func(ctx context.Context, _ time.Time) (int64, error) {
			return b.before.ask(ctx, Query{From: w.Start, To: w.End, Only: map[Field]string{budget.Per: value}})
		},
	})
	if err != nil {
		b.stats.unchecked.Add(1)
		if b.tells() {
			b.log.ErrorContext(ctx, "what is spent of a budget is unknown, so calls are not held to it", "budget", budget.Name, "cause", err)
		}
		return 0, false
	}
	// What is spent stays so: there is nothing to settle.
	return held.Used()[0], true
}
