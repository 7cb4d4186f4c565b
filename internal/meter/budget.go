package meter

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
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
	// Only is what the values are like, with * for any text. A session is on the budget
	// of its role, where its own ARN is like it too.
	Only   string
	Period Period
	// Amount is in billionths of a dollar. Calls are refused when it is spent.
	Amount int64
	// Warn are the percentages at which the log gets a line.
	Warn []int
}

// Caller is who pays for a call.
type Caller struct {
	// Account is 12 digits; Principal is the ARN of the user or the role that pays,
	// Session that of the role's session, empty for others.
	Account, Principal, Session string
	Metadata                    map[string]string
}

// share is the budget of one value, as that of one principal, in one period.
type share struct {
	*Budget
	Window
	caller Caller
	value  string
}

// share gives whose of the budgets a caller's call is on.
func (b *Budget) share(c Caller, at time.Time) (s share, ok bool) {
	s = share{Budget: b, Window: b.Period.Window(at), caller: c}
	switch b.Per {
	case FieldAccount:
		s.value = c.Account
	case FieldPrincipal:
		s.value = c.Principal
		if c.Session != "" && fits(b.Only, c.Session) {
			return s, true
		}
	default:
		key, _ := b.Per.MetadataKey()
		s.value = c.Metadata[key]
	}
	return s, s.value != "" && fits(b.Only, s.value)
}

// key names the budget of a value among the sums.
func (s *share) key() string { return s.Name + "/" + s.value }

// query asks for what was spent. The records of a role's sessions have ARNs of their
// own, which differ behind the last slash.
func (s *share) query() Query {
	q := Query{From: s.Start, To: s.End}
	if session := s.caller.Session; s.Per == FieldPrincipal && session != "" {
		q.Prefix = map[Field]string{FieldPrincipal: session[:strings.LastIndexByte(session, '/')+1]}
	} else {
		q.Only = map[Field]string{s.Per: s.value}
	}
	return q
}

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
		s, ok := b.list[i].share(c, at)
		if !ok {
			continue
		}
		if total, ok := b.add(ctx, &s, 0); ok && total >= s.Amount {
			b.stats.refused.Add(1)
			return &bedrock.ServiceQuotaExceededException{Message: fmt.Sprintf(
				"The %s budget %s of %s is spent. It begins anew at %s.",
				s.Period, s.Name, s.value, s.End.Format(time.RFC3339))}
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
		s, ok := b.list[i].share(c, at)
		if !ok {
			continue
		}
		total, ok := b.add(ctx, &s, cost)
		if !ok {
			continue
		}
		for _, percent := range s.Warn {
			// One call alone steps over a line, also where several nodes add.
			if line := s.Amount / 100 * int64(percent); total >= line && total-cost < line {
				b.stats.warned.Add(1)
				b.log.WarnContext(ctx, "a budget has come to a percentage of its amount", "budget", s.Name, "of", s.value,
					"percent", percent, "spent", FormatDollars(total), "amount", FormatDollars(s.Amount))
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
func (b *Budgets) add(ctx context.Context, s *share, amount int64) (total int64, ok bool) {
	window := quota.ByDay
	if s.Period == Monthly {
		window = quota.ByMonth
	}
	// The caller may leave, and has to pay all the same.
	held, err := b.sums.Reserve(context.WithoutCancel(ctx), amount, quota.Claim{
		Key: s.key(), Window: window, At: s.Start,
		Seed: func(ctx context.Context, _ time.Time) (int64, error) {
			return b.before.ask(ctx, s.query())
		},
	})
	if err != nil {
		b.stats.unchecked.Add(1)
		if b.tells() {
			b.log.ErrorContext(ctx, "what is spent of a budget is unknown, so calls are not held to it", "budget", s.Name, "cause", err)
		}
		return 0, false
	}
	// What is spent stays so: there is nothing to settle.
	return held.Used()[0], true
}
