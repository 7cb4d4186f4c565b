package meter_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/quota/memory"
)

const dollar = 1_000_000_000

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestWindow(t *testing.T) {
	// Late in the evening west of Greenwich it is the next day.
	at := time.Date(2026, 12, 31, 23, 0, 0, 0, time.FixedZone("west", -2*3600))
	for period, want := range map[meter.Period]string{
		meter.Daily:   "2027-01-01T00:00:00Z 2027-01-02T00:00:00Z",
		meter.Monthly: "2027-01-01T00:00:00Z 2027-02-01T00:00:00Z",
	} {
		w := period.Window(at)
		if got := w.Start.Format(time.RFC3339) + " " + w.End.Format(time.RFC3339); got != want {
			t.Errorf("%s: %s", period, got)
		}
	}
}

// A budget warns once for each percentage, refuses when it is spent, and begins anew.
func TestBudget(t *testing.T) {
	var log bytes.Buffer
	b := meter.NewBudgets([]meter.Budget{
		{Name: "team", Per: meter.FieldOfMetadata("team"), Only: "a*", Period: meter.Daily, Amount: 10 * dollar, Warn: []int{50, 80}},
		{Name: "each", Per: meter.FieldPrincipal, Only: "*", Period: meter.Monthly, Amount: 100 * dollar},
	}, memory.New(nil, nil), nil, slog.New(slog.NewTextHandler(&log, nil)))
	team := meter.Caller{Account: "1", Principal: "p", Metadata: map[string]string{"team": "alpha"}}
	for i := range 10 {
		if err := b.Admit(t.Context(), team, noon); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		b.Spend(t.Context(), team, noon, dollar)
	}
	err := b.Admit(t.Context(), team, noon)
	spent, ok := errors.AsType[*bedrock.ServiceQuotaExceededException](err)
	if !ok || spent.Message != "The daily budget team of alpha is spent. It begins anew at 2026-11-26T00:00:00Z." {
		t.Errorf("got %v", err)
	}
	if got := strings.Count(log.String(), "\n"); got != 2 || !strings.Contains(log.String(), "percent=80 spent=8.00 amount=10.00") {
		t.Errorf("the log: %s", &log)
	}
	for name, c := range map[string]meter.Caller{
		"another team":     {Principal: "p", Metadata: map[string]string{"team": "beta"}},
		"a team of the as": {Principal: "p", Metadata: map[string]string{"team": "a"}},
		"no team":          {Principal: "p"},
	} {
		if err := b.Admit(t.Context(), c, noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.Admit(t.Context(), team, noon.AddDate(0, 0, 1)); err != nil {
		t.Errorf("the next day: %v", err)
	}
	b.Spend(t.Context(), meter.Caller{Principal: "p"}, noon.AddDate(0, 0, 1), 90*dollar)
	if err := b.Admit(t.Context(), meter.Caller{Principal: "p"}, noon); err == nil {
		t.Error("the month's budget of the principal is not spent")
	}
	if got := b.Stats(); got != (meter.BudgetStats{Warned: 2, Refused: 2}) {
		t.Errorf("%+v", got)
	}
}

// spent is a store that knows of one sum.
type spent struct {
	mu      sync.Mutex
	cost    int64
	err     error
	queries []meter.Query
}

func (s *spent) SumUsage(_ context.Context, q meter.Query) ([]meter.Sum, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, q)
	return []meter.Sum{{Cost: s.cost}}, s.err
}

// away are sums that nobody can tell.
type away struct{}

func (away) SumUsage(context.Context, meter.Query) ([]meter.Sum, error) {
	return nil, errors.New("out of order")
}

// The log hears once a minute that calls are not held to a budget, also when that comes
// again later.
func TestBudgetUnchecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		list := []meter.Budget{{Name: "each", Per: meter.FieldPrincipal, Only: "*", Period: meter.Monthly, Amount: dollar}}
		b := meter.NewBudgets(list, memory.New(nil, nil), away{}, slog.New(slog.NewTextHandler(&log, nil)))
		for range 2 {
			for range 5 {
				if err := b.Admit(t.Context(), meter.Caller{Principal: "p"}, noon); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
		}
		if got := strings.Count(log.String(), "out of order"); got != 2 || b.Stats().Unchecked != 10 {
			t.Errorf("%d of 10 were not checked, and the log has %d lines", b.Stats().Unchecked, got)
		}
	})
}

// After a start, what was spent before counts. While nobody knows it, calls go on.
func TestBudgetSeeded(t *testing.T) {
	list := []meter.Budget{{Name: "all", Per: meter.FieldAccount, Only: "*", Period: meter.Monthly, Amount: 10 * dollar}}
	store := &spent{cost: 10 * dollar, err: errors.New("down")}
	b := meter.NewBudgets(list, memory.New(nil, nil), store, nil)
	c := meter.Caller{Account: "000000000000"}
	if err := b.Admit(t.Context(), c, noon); err != nil || b.Stats().Unchecked != 1 {
		t.Errorf("a store that is down: %v, %+v", err, b.Stats())
	}
	if err := b.Admit(t.Context(), c, noon); err != nil || len(store.queries) != 1 {
		t.Errorf("it is asked again at once: %v, %d questions", err, len(store.queries))
	}
	// Another process finds the store up.
	store.err, store.queries = nil, nil
	b = meter.NewBudgets(list, memory.New(nil, nil), store, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if err := b.Admit(gone, c, noon); err == nil {
			t.Error("what was spent before does not count")
		}
	}
	if len(store.queries) != 1 {
		t.Errorf("%d questions", len(store.queries))
	}
	q := store.queries[0]
	if q.Only[meter.FieldAccount] != "000000000000" || q.From.Day() != 1 || q.To.Month() != time.December {
		t.Errorf("asked %+v", q)
	}
}

// The sessions of a role are on its budget, whatever their names, and so is what they
// spent before.
func TestBudgetOfRole(t *testing.T) {
	store := &spent{cost: dollar}
	b := meter.NewBudgets([]meter.Budget{
		{Name: "roles", Per: meter.FieldPrincipal, Only: "*:role/*", Period: meter.Monthly, Amount: 3 * dollar},
		{Name: "sessions", Per: meter.FieldPrincipal, Only: "*:assumed-role/batch/*", Period: meter.Daily, Amount: 100 * dollar},
	}, memory.New(nil, nil), store, nil)
	session := func(name string) meter.Caller {
		return meter.Caller{
			Account: "123456789012", Principal: "arn:aws:iam::123456789012:role/team/batch",
			Session: "arn:aws:sts::123456789012:assumed-role/batch/" + name,
		}
	}
	b.Spend(t.Context(), session("one"), noon, dollar)
	if err := b.Admit(t.Context(), session("two"), noon); err != nil {
		t.Errorf("2 of 3 are spent: %v", err)
	}
	b.Spend(t.Context(), session("two"), noon, dollar)
	err := b.Admit(t.Context(), session("three"), noon)
	if spent, ok := errors.AsType[*bedrock.ServiceQuotaExceededException](err); !ok || !strings.Contains(spent.Message, "budget roles of arn:aws:iam::123456789012:role/team/batch is spent") {
		t.Errorf("another name: %v", err)
	}
	if len(store.queries) != 2 {
		t.Fatalf("%d questions, want one for each budget", len(store.queries))
	}
	for _, q := range store.queries {
		if len(q.Only) > 0 || q.Prefix[meter.FieldPrincipal] != "arn:aws:sts::123456789012:assumed-role/batch/" {
			t.Errorf("asked %+v", q)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	list := []meter.Budget{{Name: "all", Per: meter.FieldAccount, Only: "*", Period: meter.Monthly, Amount: 1 << 60, Warn: []int{50, 80, 100}}}
	m := &meter.Meter{
		Prices:  meter.NewPrices(meter.Price{Model: "amazon.*"}, meter.Price{Model: "anthropic.*haiku*", Rates: meter.Rates{Input: 250_000, Output: 1_250_000}}),
		Budgets: meter.NewBudgets(list, memory.New(nil, nil), nil, nil),
		Journal: open(b, meter.JournalOptions{Dir: b.TempDir(), Sink: newSink(), Interval: time.Hour}),
	}
	defer m.Journal.Close()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		r := record(i)
		if err := m.Admit(b.Context(), meter.Caller{Account: r.Account, Principal: r.Principal, Metadata: r.Metadata}, r.Time); err != nil {
			b.Fatal(err)
		}
		m.Record(b.Context(), meter.Caller{Account: r.Account, Principal: r.Principal, Metadata: r.Metadata}, r)
	}
}
