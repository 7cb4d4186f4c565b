package bench_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// BenchmarkMeter is all that the record of a call takes until it is in SQLite: its
// price, its budgets, its line in the journal, and its part of a group. What a call
// waits for is BenchmarkRecord of internal/meter.
func BenchmarkMeter(b *testing.B) {
	folder := b.TempDir()
	state, err := sqlite.Open(b.Context(), filepath.Join(folder, "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer state.Close()
	journal, err := meter.OpenJournal(meter.JournalOptions{Dir: filepath.Join(folder, "usage"), Sink: state})
	if err != nil {
		b.Fatal(err)
	}
	budgets := []meter.Budget{{Name: "all", Per: meter.FieldAccount, Only: "*", Period: meter.Monthly, Amount: 1 << 60, Warn: []int{80}}}
	m := &meter.Meter{
		Prices:  meter.NewPrices(meter.Price{Model: "anthropic.*", Rates: meter.Rates{Input: 250_000, Output: 1_250_000}}),
		Budgets: meter.NewBudgets(budgets, memory.New(nil, nil), state, nil),
		Journal: journal,
	}
	b.ReportAllocs()
	b.ResetTimer()
	// Loop would stop the clock before the rest has moved.
	caller := meter.Caller{Account: "000000000000", Principal: "arn:aws:iam::000000000000:user/development", Metadata: map[string]string{"team": "a"}}
	for i := range b.N {
		m.Record(b.Context(), caller, meter.Record{
			RequestID: "00000000-0000-4000-8000-" + strconv.Itoa(1e11+i), Time: time.Now(), Account: caller.Account,
			Principal: caller.Principal, Operation: "Converse", Model: "anthropic.claude-3-haiku-20240307-v1:0",
			Provider: "local", ServiceTier: "default", Status: 200, Counts: meter.Counts{InputTokens: 12, OutputTokens: 345},
			FirstToken: 12 * time.Millisecond, Total: 345 * time.Millisecond, Metadata: caller.Metadata,
		})
	}
	if err := journal.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		b.Fatal(err)
	}
}
