package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/meter"
)

func TestBudgets(t *testing.T) {
	path := write(t, "prices: prices.yaml\nbudgets:\n  - {name: all, per: account, amount: 1000}\n"+
		"  - {name: t, per: \"metadata:team\", only: a*, period: daily, amount: 0.000000001, warn: [1, 100]}\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "prices.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []meter.Budget{
		{Name: "all", Per: meter.FieldAccount, Only: "*", Period: meter.Monthly, Amount: 1_000_000_000_000, Warn: []int{80}},
		{Name: "t", Per: meter.FieldOfMetadata("team"), Only: "a*", Period: meter.Daily, Amount: 1, Warn: []int{1, 100}},
	}
	if d := cmp.Diff(want, c.MeterBudgets()); d != "" {
		t.Error(d)
	}
}

func TestBudgetsRefused(t *testing.T) {
	_, err := Load(write(t, `
budgets:
  - {name: a b, per: model, amount: 1e3, warn: [0]}
  - {name: x, per: account, amount: 0}
  - {name: x, per: principal, amount: 1, period: weekly}
`))
	if err == nil || !strings.Contains(err.Error(), `:5: budgets[2].period: "weekly" is not one of the choices`) {
		t.Errorf("got %v", err)
	}
	_, err = Load(write(t, `
budgets:
  - {name: a b, per: model, amount: 1e3, warn: [0]}
  - {name: x, per: account, amount: 0}
  - {name: x, per: principal, amount: 1}
`))
	for _, want := range []string{
		`:2: budgets: without prices`, `:3: budgets[0].name: "a b" is no name`, `:3: budgets[0].per: "model" has no budgets`,
		`:3: budgets[0].amount: "1e3" is no amount`, `:3: budgets[0].warn[0]: 0 is no percentage`,
		`:4: budgets[1].amount: "0" is no amount`, `:5: budgets[2].name: there is another budget x`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
}

// The examples of the page about usage can be used.
func TestUsageExamples(t *testing.T) {
	var prices, budgets string
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readFile(t, "../../docs/usage.md"), -1) {
		if strings.Contains(block[1], "budgets:") {
			budgets = block[1]
		} else {
			prices = block[1]
		}
	}
	path := write(t, budgets)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "prices.yaml"), []byte(prices), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := meter.LoadPrices(c.Prices); err != nil || len(c.MeterBudgets()) != 3 {
		t.Errorf("%v, %+v", err, c.MeterBudgets())
	}
}

func TestKeepUsage(t *testing.T) {
	if _, err := Load(write(t, "state: {keepUsage: 743h}\n")); err == nil || !strings.Contains(err.Error(), "state.keepUsage: usage is kept for a month at least") {
		t.Errorf("got %v", err)
	}
	if got := load(t, "state: {keepUsage: 744h}\n").State.KeepUsage.Hours(); got != 744 {
		t.Errorf("got %v hours", got)
	}
}
