package quota_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/quota"
)

func TestNewRulesRefuses(t *testing.T) {
	for name, rules := range map[string][]quota.Rule{
		"no name":   {{Concurrent: 1}},
		"twice":     {{Name: "a"}, {Name: "a"}},
		"dimension": {{Name: "a", Per: []quota.Dimension{"user"}}},
		"negative":  {{Name: "a", TokensPerDay: -1}},
	} {
		if _, err := quota.NewRules(rules); err == nil {
			t.Errorf("%s: they compile", name)
		}
	}
}

// TestMatch asks for the reservation once, and only where tokens are bounded.
func TestMatch(t *testing.T) {
	rules, err := quota.NewRules([]quota.Rule{
		{Name: "requests", RequestsPerMinute: 1},
		{Name: "tokens", TokensPerMinute: 100, TokensPerDay: 50, Per: []quota.Dimension{quota.PerModel, quota.PerAccount}},
		{Name: "large", TokensPerDay: 1000, Concurrent: 2},
		{Name: "others", Models: []string{"meta.*"}, TokensPerDay: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	req := &quota.Request{Account: "1", Principal: "p", Model: "m", Reserve: func() quota.Reservation {
		asked++
		return quota.Reservation{Tokens: 300, Least: 40}
	}}
	matches, err := rules.Match(nil, req)
	if err != nil {
		t.Fatal(err)
	}
	all := rules.All()
	want := []quota.Match{
		{Index: 0, Rule: all[0]},
		{Index: 1, Rule: all[1], Key: quota.Key{Account: "1", Model: "m"}, Tokens: 50},
		{Index: 2, Rule: all[2], Tokens: 300, Slot: true},
	}
	if d := cmp.Diff(want, matches); d != "" || asked != 1 {
		t.Errorf("asked %d times\n%s", asked, d)
	}
	req.Brief, req.Reserve = true, nil
	if matches, err = rules.Match(nil, req); err != nil || matches[1].Tokens != 0 || matches[2].Slot {
		t.Errorf("%+v, %v", matches, err)
	}
	req.Reserve = func() quota.Reservation { return quota.Reservation{Tokens: 300, Least: 51} }
	if _, err := rules.Match(nil, req); err == nil {
		t.Error("what never fits is admitted")
	}
}

// TestNeverFits has no error that the operation does not declare.
func TestNeverFits(t *testing.T) {
	rules, err := quota.NewRules([]quota.Rule{{Name: "tokens", TokensPerMinute: 100}})
	if err != nil {
		t.Fatal(err)
	}
	var (
		never    = &bedrock.ServiceQuotaExceededException{Message: "Your request exceeds the service quota for your account."}
		throttle = &bedrock.ThrottlingException{Message: "Too many tokens, please wait before trying again."}
	)
	for operation, want := range map[bedrock.Operation]bedrock.Exception{
		bedrock.OperationInvokeModel:                   never,
		bedrock.OperationInvokeModelWithResponseStream: never,
		bedrock.OperationConverse:                      throttle,
		bedrock.OperationConverseStream:                throttle,
	} {
		_, err := rules.Match(nil, &quota.Request{Operation: operation, Reserve: func() quota.Reservation {
			return quota.Reservation{Tokens: 101, Least: 101}
		}})
		got, _ := errors.AsType[bedrock.Exception](err)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", operation.Name, d)
		}
		if cause := bedrock.CauseOf(err); !strings.Contains(cause.Error(), "quota tokens") {
			t.Errorf("%s: the log is told %v", operation.Name, cause)
		}
	}
}

// TestMatchOfSession counts a session as its role, whatever its name.
func TestMatchOfSession(t *testing.T) {
	const role, session = "arn:aws:iam::1:role/batch", "arn:aws:sts::1:assumed-role/batch/x"
	var list []quota.Rule
	for _, principal := range []string{role, "*:assumed-role/batch/*", "*:user/batch", ""} {
		list = append(list, quota.Rule{Name: "for " + principal, Principals: []string{principal}, Per: []quota.Dimension{quota.PerPrincipal}, Concurrent: 1})
	}
	rules, err := quota.NewRules(list)
	if err != nil {
		t.Fatal(err)
	}
	matches, err := rules.Match(nil, &quota.Request{Principal: role, Session: session})
	if err != nil {
		t.Fatal(err)
	}
	want := []quota.Match{
		{Index: 0, Rule: rules.All()[0], Key: quota.Key{Principal: role}, Slot: true},
		{Index: 1, Rule: rules.All()[1], Key: quota.Key{Principal: role}, Slot: true},
	}
	if d := cmp.Diff(want, matches); d != "" {
		t.Error(d)
	}
	// A user has no session, which is not like the empty pattern either.
	if matches, err = rules.Match(nil, &quota.Request{Principal: "arn:aws:iam::1:user/batch"}); err != nil || len(matches) != 1 || matches[0].Index != 2 {
		t.Errorf("a user: %+v, %v", matches, err)
	}
}

func TestLevels(t *testing.T) {
	rule := quota.Rule{RequestsPerMinute: 3, Concurrent: 1}
	got := rule.Levels(quota.Used{Requests: 1.5, Tokens: 7, Running: 2})
	want := []quota.Level{{Kind: quota.RequestsPerMinute, Limit: 3, Used: 2}, {Kind: quota.Concurrent, Limit: 1, Used: 2}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got[0].Left() != 1 || got[1].Left() != 0 {
		t.Errorf("%d and %d are left", got[0].Left(), got[1].Left())
	}
}

func TestWindow(t *testing.T) {
	east := time.FixedZone("east", 3*60*60)
	at := time.Date(2026, 3, 1, 1, 30, 0, 0, east) // the last day of February, in UTC
	for window, want := range map[quota.Window][2]string{
		quota.ByDay:   {"2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"},
		quota.ByMonth: {"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
	} {
		start := window.Start(at)
		if got := [2]string{start.Format(time.RFC3339), window.End(start).Format(time.RFC3339)}; got != want {
			t.Errorf("%s: %v, want %v", window, got, want)
		}
	}
}

func FuzzKey(f *testing.F) {
	f.Add("111122223333", "arn:aws:iam::111122223333:user/a", "amazon.nova-lite-v1:0", "1:a0:0:")
	f.Add("", "9:", "1:x", "1:")
	f.Fuzz(func(t *testing.T, account, principal, model, text string) {
		key := quota.Key{Account: account, Principal: principal, Model: model}
		if got, ok := quota.ParseKey(key.Text()); !ok || got != key {
			t.Errorf("%+v became %q and %+v", key, key.Text(), got)
		}
		if key, ok := quota.ParseKey(text); ok {
			if again, ok := quota.ParseKey(key.Text()); !ok || again != key {
				t.Errorf("%q is %+v, and then %+v", text, key, again)
			}
		}
	})
}
