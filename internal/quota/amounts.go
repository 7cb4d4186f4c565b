package quota

import (
	"context"
	"fmt"
	"time"
)

// Window is a part of the calendar, in UTC, in which amounts are summed up.
type Window string

// The windows.
const (
	ByDay   Window = "day"
	ByMonth Window = "month"
)

// Start is the first moment of the window that t is in.
func (w Window) Start(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	if w == ByMonth {
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// End is the first moment of the window after the one that starts at start.
func (w Window) End(start time.Time) time.Time {
	if w == ByMonth {
		return start.AddDate(0, 1, 0)
	}
	return start.AddDate(0, 0, 1)
}

// Amounts sums up what is used in windows of the calendar, as money for budgets. It is
// safe for concurrent use.
type Amounts interface {
	// Reserve takes an amount of every claim, or of none. The error is an
	// *ExceededError where one has not enough left.
	Reserve(ctx context.Context, amount int64, claims ...Claim) (Held, error)
}

// Claim names a sum that an amount is taken of.
type Claim struct {
	// Key tells the sums of a window apart.
	Key    string
	Window Window
	// At is a moment of the window; the zero time is now.
	At time.Time
	// Limit is what may be used in the window; 0 is without end.
	Limit int64
	// Seed gives what was used since the start of the window. It is asked when the sum
	// is not known, and when it may lack something; nil begins at 0.
	Seed func(ctx context.Context, start time.Time) (int64, error)
}

// Start is the first moment of the claim's window, now being what the clock shows.
func (c Claim) Start(now time.Time) time.Time {
	if !c.At.IsZero() {
		now = c.At
	}
	return c.Window.Start(now)
}

// Held is an amount that is reserved.
type Held interface {
	// Used are the sums of the claims, in their order, after the reservation.
	Used() []int64
	// Settle puts the amount that was used in place of the reserved one. Calls after
	// the first do nothing.
	Settle(amount int64)
}

// ExceededError says that a sum has not enough left.
type ExceededError struct {
	// Claim is the index of the claim.
	Claim int
	// Key and Window are the claim's.
	Key    string
	Window Window
	// Used is the sum so far, of Limit.
	Used, Limit int64
}

func (e *ExceededError) Error() string {
	return fmt.Sprintf("%s: %d of %d are used this %s", e.Key, e.Used, e.Limit, e.Window)
}

// Check judges whether an amount may be taken of the sum of the claim of that index,
// of which so much is used. The error is an *ExceededError.
func (c Claim) Check(index int, used, amount int64) error {
	if c.Limit > 0 && (used >= c.Limit || used+amount > c.Limit) {
		return &ExceededError{Claim: index, Key: c.Key, Window: c.Window, Used: used, Limit: c.Limit}
	}
	return nil
}
