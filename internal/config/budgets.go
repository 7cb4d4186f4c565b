package config

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/saprolite/saprolite/internal/meter"
)

// Budget bounds what some calls may cost in a period; see meter.Budget.
type Budget struct {
	// Name is told in refusals and logs.
	Name string `yaml:"name"`
	// Per is account, principal, or metadata: and a key.
	Per string `yaml:"per"`
	// Only is what the values are like; empty is like all.
	Only string `yaml:"only"`
	// Period is monthly when it is empty.
	Period Period `yaml:"period"`
	// Amount is in dollars, as 12.50.
	Amount string `yaml:"amount"`
	// Warn are the percentages at which the log gets a line; nil is at 80.
	Warn []int `yaml:"warn"`
}

// Period is how long a budget is for.
type Period string

func (Period) values() []string { return []string{string(meter.Daily), string(meter.Monthly)} }

// MeterBudgets gives the budgets as package meter has them.
func (c *Config) MeterBudgets() []meter.Budget {
	var budgets []meter.Budget
	for _, b := range c.Budgets {
		// What was checked when the file was read.
		amount, _ := meter.ParseDollars(b.Amount)
		per, _ := meter.ParseField(b.Per)
		warn := b.Warn
		if warn == nil {
			warn = []int{80}
		}
		budgets = append(budgets, meter.Budget{
			Name: b.Name, Per: per, Only: cmp.Or(b.Only, "*"), Period: cmp.Or(meter.Period(b.Period), meter.Monthly), Amount: amount, Warn: warn,
		})
	}
	return budgets
}

func (d *decoder) checkBudgets(c *Config) {
	seen := map[string]bool{}
	for i, b := range c.Budgets {
		key := fmt.Sprintf("budgets[%d]", i)
		switch {
		case b.Name == "" || strings.Trim(strings.ToLower(b.Name), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
			d.fail(key+".name", fmt.Sprintf("%q is no name for a budget", b.Name), "take letters, digits, - and _")
		case seen[b.Name]:
			d.fail(key+".name", "there is another budget "+b.Name, "take another name")
		}
		seen[b.Name] = true
		field, err := meter.ParseField(b.Per)
		if _, metadata := field.MetadataKey(); err != nil || !metadata && field != meter.FieldAccount && field != meter.FieldPrincipal {
			d.fail(key+".per", fmt.Sprintf("%q has no budgets", b.Per), "write account, principal, or metadata: and a key as metadata:team")
		}
		if amount, err := meter.ParseDollars(b.Amount); err != nil || amount == 0 {
			d.fail(key+".amount", fmt.Sprintf("%q is no amount of dollars", b.Amount), "write it as 12.50")
		}
		for j, percent := range b.Warn {
			if percent < 1 || percent > 100 {
				d.fail(fmt.Sprintf("%s.warn[%d]", key, j), fmt.Sprintf("%d is no percentage of a budget", percent), "write a number from 1 to 100")
			}
		}
	}
	if len(c.Budgets) > 0 && c.Prices == "" {
		d.fail("budgets", "without prices nothing costs anything, and no budget is ever spent", "add \"prices: \" and a file; docs/usage.md describes it")
	}
}
