package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/store"
)

// record is one call; the others of a test differ from it in little.
func record(id string, change func(*meter.Record)) meter.Record {
	r := meter.Record{
		RequestID: id, Time: created, Account: account, Principal: "arn:aws:iam::123456789012:user/alice",
		Operation: "Converse", Model: "amazon.nova-lite-v1:0", Provider: "local", Profile: "", ServiceTier: "default",
		Status: 200,
		Counts: meter.Counts{
			InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheWriteTokens: 4, Images: 5, Embeddings: 6, GuardrailUnits: 7,
		},
		FirstToken: time.Millisecond, Total: time.Second, Cost: 8,
		Metadata: map[string]string{"team": "red", `$.odd"key`: "'; DROP TABLE usage_records; --"},
	}
	if change != nil {
		change(&r)
	}
	return r
}

func testUsage(t *testing.T, open func() store.Store) {
	s := open()
	var records []meter.Record
	// More than one statement holds.
	for i := range 450 {
		records = append(records, record(fmt.Sprint("r", i), nil))
	}
	add(t, s, records...)
	add(t, s)
	want := []meter.Sum{{
		Group: []string{}, Calls: 450,
		Counts:     meter.Counts{InputTokens: 450, OutputTokens: 900, CacheReadTokens: 1350, CacheWriteTokens: 1800, Images: 2250, Embeddings: 2700, GuardrailUnits: 3150},
		FirstToken: time.Millisecond, Total: time.Second,
		Cost: 3600,
	}}
	if diff := cmp.Diff(want, sums(t, open(), meter.Query{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := s.DeleteUsage(t.Context(), created.Add(time.Microsecond)); err != nil {
		t.Fatal(err)
	}
	if got := sums(t, s, meter.Query{}); got[0].Calls != 0 {
		t.Errorf("after the deletion: %+v", got)
	}
}

func testUsageGroups(t *testing.T, open func() store.Store) {
	s := open()
	add(t, s,
		record("a", nil),
		record("b", func(r *meter.Record) { r.Model = "other"; r.Status, r.Error = 429, "ThrottlingException" }),
		record("c", func(r *meter.Record) { r.Time = created.Add(time.Hour); r.Metadata = nil }),
		record("d", func(r *meter.Record) {
			r.Time, r.Account, r.Principal = created.Add(-24*time.Hour), "999999999999", "arn:aws:sts::999999999999:assumed-role/batch_1/x"
		}),
	)
	for _, test := range []struct {
		name  string
		query meter.Query
		want  map[string]int64
	}{
		{"model", meter.Query{GroupBy: []meter.Field{meter.FieldModel}}, map[string]int64{"[amazon.nova-lite-v1:0]": 3, "[other]": 1}},
		{"status and error", meter.Query{GroupBy: []meter.Field{meter.FieldStatus, meter.FieldError}}, map[string]int64{"[200 ]": 3, "[429 ThrottlingException]": 1}},
		{"day", meter.Query{GroupBy: []meter.Field{meter.FieldDay}}, map[string]int64{"[2026-11-24]": 1, "[2026-11-25]": 3}},
		{"hour", meter.Query{GroupBy: []meter.Field{meter.FieldHour}}, map[string]int64{"[2026-11-24T18]": 1, "[2026-11-25T18]": 2, "[2026-11-25T19]": 1}},
		{"metadata", meter.Query{GroupBy: []meter.Field{meter.FieldOfMetadata("team")}}, map[string]int64{"[red]": 3, "[]": 1}},
		{"odd key", meter.Query{GroupBy: []meter.Field{meter.FieldOfMetadata(`$.odd"key`)}}, map[string]int64{"['; DROP TABLE usage_records; --]": 3, "[]": 1}},
		{"account, only a day", meter.Query{GroupBy: []meter.Field{meter.FieldAccount}, Only: map[meter.Field]string{meter.FieldDay: "2026-11-25"}}, map[string]int64{"[" + account + "]": 3}},
		{"only an account, a model, metadata", meter.Query{Only: map[meter.Field]string{
			meter.FieldAccount: account, meter.FieldModel: "other", meter.FieldOfMetadata("team"): "red", meter.FieldStatus: "429",
		}}, map[string]int64{"[]": 1}},
		{"period", meter.Query{From: created, To: created.Add(time.Hour)}, map[string]int64{"[]": 2}},
		{"nothing", meter.Query{GroupBy: []meter.Field{meter.FieldModel}, From: created.Add(time.Hour * 99)}, map[string]int64{}},
		{"every field", meter.Query{GroupBy: meter.Fields(), From: created.Add(time.Hour)}, map[string]int64{
			"[" + account + " arn:aws:iam::123456789012:user/alice Converse amazon.nova-lite-v1:0 local  default 200  2026-11-25 2026-11-25T19 c]": 1}},
		{"a prefix", meter.Query{Prefix: map[meter.Field]string{meter.FieldPrincipal: "arn:aws:sts::999999999999:assumed-role/batch_1/"}}, map[string]int64{"[]": 1}},
		{"a prefix of nobody", meter.Query{GroupBy: []meter.Field{meter.FieldPrincipal}, Prefix: map[meter.Field]string{meter.FieldPrincipal: "arn:aws:sts::999999999999:assumed-role/batch%1/"}}, map[string]int64{}},
		{"one request", meter.Query{Only: map[meter.Field]string{meter.FieldRequest: "b"}}, map[string]int64{"[]": 1}},
	} {
		got := map[string]int64{}
		for _, sum := range sums(t, s, test.query) {
			got[fmt.Sprint(sum.Group)] = sum.Calls
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	for _, bad := range []meter.Query{
		{GroupBy: []meter.Field{"cost; DROP TABLE usage_records"}},
		{Only: map[meter.Field]string{"request_id": "a"}},
		{Only: map[meter.Field]string{meter.FieldDay: "yesterday"}},
	} {
		if _, err := s.SumUsage(t.Context(), bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// A call without a first token says nothing about how long one takes.
func testUsageTimes(t *testing.T, open func() store.Store) {
	s := open()
	times := func(firstToken, total time.Duration) func(*meter.Record) {
		return func(r *meter.Record) { r.FirstToken, r.Total = firstToken, total }
	}
	add(t, s,
		record("a", times(100*time.Millisecond, time.Second)),
		record("b", times(201*time.Millisecond, 2*time.Second)),
		record("c", times(0, 6*time.Second)),
		record("d", func(r *meter.Record) { r.Model = "other"; r.FirstToken, r.Total = 0, 1500*time.Microsecond }),
	)
	got := map[string][2]time.Duration{}
	for _, sum := range sums(t, s, meter.Query{GroupBy: []meter.Field{meter.FieldModel}}) {
		got[sum.Group[0]] = [2]time.Duration{sum.FirstToken, sum.Total}
	}
	want := map[string][2]time.Duration{
		"amazon.nova-lite-v1:0": {150500 * time.Microsecond, 3 * time.Second},
		"other":                 {0, 1500 * time.Microsecond},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := sums(t, s, meter.Query{To: created.Add(-time.Hour)}); got[0].FirstToken != 0 || got[0].Total != 0 {
		t.Errorf("of no calls: %+v", got)
	}
}

// A record that comes again, by another node or after a crash, counts once.
func testUsageOnce(t *testing.T, open func() store.Store) {
	a, b := open(), open()
	var records []meter.Record
	for i := range 100 {
		records = append(records, record(fmt.Sprint(i), nil))
	}
	var group sync.WaitGroup
	for _, s := range []store.Store{a, b, a, b} {
		group.Go(func() {
			if err := s.AddUsage(t.Context(), records); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := sums(t, a, meter.Query{})[0].Calls; got != 100 {
		t.Errorf("%d calls", got)
	}
}

func add(t *testing.T, s store.Usage, records ...meter.Record) {
	t.Helper()
	if err := s.AddUsage(t.Context(), records); err != nil {
		t.Fatal(err)
	}
}

func sums(t *testing.T, s store.Usage, q meter.Query) []meter.Sum {
	t.Helper()
	got, err := s.SumUsage(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
