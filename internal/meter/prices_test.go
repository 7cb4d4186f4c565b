package meter_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/meter"
)

func TestDollars(t *testing.T) {
	for _, test := range []struct {
		text, again string
		want        int64
	}{
		{"0", "0.00", 0},
		{"1", "1.00", 1_000_000_000},
		{"0.1", "0.10", 100_000_000},
		{".00025", "0.00025", 250_000},
		{"0.000000001", "0.000000001", 1},
		{"999999999.999999999", "999999999.999999999", 999_999_999_999_999_999},
	} {
		got, err := meter.ParseDollars(test.text)
		if err != nil || got != test.want || meter.FormatDollars(got) != test.again {
			t.Errorf("%s: %d, %s, %v", test.text, got, meter.FormatDollars(got), err)
		}
	}
	for _, text := range []string{"", ".", "-1", "1e3", "0.0000000001", "1.2.3", "1,5", "$1", "1000000000"} {
		if got, err := meter.ParseDollars(text); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
	if got := meter.FormatDollars(-1_500_000_000); got != "-1.50" {
		t.Errorf("got %s", got)
	}
}

const prices = `
prices:
  - {model: anthropic.claude-*, tier: priority, input: 0.006, output: 0.03}
  - {model: anthropic.claude-*, provider: gpu, input: 0.0001, output: 0.0001}
  - {model: anthropic.claude-*, until: 2026-07-01, input: 0.002}
  - {model: anthropic.claude-*, from: 2026-07-01, input: 0.003, output: 0.015, cacheRead: 0.0003, cacheWrite: 0.00375}
  - {model: amazon.nova-canvas-v1:0, image: 0.04}
  - {model: cohere.rerank-*, request: 0.002}
  - {model: "*embed*", input: 0.000000001, embedding: 0.5, guardrailUnit: 0.25}
`

func TestCost(t *testing.T) {
	list, err := meter.ParsePrices("prices.yaml", []byte(prices))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	tokens := meter.Counts{InputTokens: 1, OutputTokens: 3, CacheReadTokens: 10, CacheWriteTokens: 100}
	for _, test := range []struct {
		name string
		r    meter.Record
		want int64
	}{
		{"all kinds of tokens", meter.Record{Model: "anthropic.claude-x", Time: day, Counts: tokens}, 3_000 + 45_000 + 3_000 + 375_000},
		{"the day before", meter.Record{Model: "anthropic.claude-x", Time: day.Add(-1), Counts: tokens}, 2_000},
		{"a tier", meter.Record{Model: "anthropic.claude-x", Time: day, ServiceTier: "priority", Counts: tokens}, 6_000 + 90_000},
		{"a provider", meter.Record{Model: "anthropic.claude-x", Time: day, Provider: "gpu", Counts: tokens}, 400},
		{"images", meter.Record{Model: "amazon.nova-canvas-v1:0", Counts: meter.Counts{Images: 3}}, 120_000_000},
		{"not like an image model", meter.Record{Model: "amazon.nova-canvas-v1:0x", Counts: meter.Counts{Images: 3}}, 0},
		{"a request", meter.Record{Model: "cohere.rerank-v3-5:0", Status: 200}, 2_000_000},
		{"a request in vain", meter.Record{Model: "cohere.rerank-v3-5:0", Status: 400}, 0},
		{"a count", meter.Record{Operation: "CountTokens", Model: "cohere.rerank-v3-5:0", Status: 200}, 0},
		{"half a billionth is rounded up", meter.Record{Model: "amazon.titan-embed-text-v2:0", Counts: meter.Counts{InputTokens: 500}}, 1},
		{"less is rounded down", meter.Record{Model: "amazon.titan-embed-text-v2:0", Counts: meter.Counts{InputTokens: 499}}, 0},
		{"units", meter.Record{Model: "x.embed", Counts: meter.Counts{Embeddings: 2, GuardrailUnits: 1}}, 1_250_000_000},
		{"no price", meter.Record{Model: "meta.llama", Counts: tokens}, 0},
		{"no model", meter.Record{Counts: tokens}, 0},
		{"more than there is", meter.Record{Model: "amazon.nova-canvas-v1:0", Counts: meter.Counts{Images: math.MaxInt64}}, math.MaxInt64},
	} {
		if got := list.Cost(&test.r); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	var none *meter.Prices
	if got := none.Cost(&meter.Record{Model: "x", Counts: tokens}); got != 0 {
		t.Errorf("without prices: %d", got)
	}
}

func TestPricesRefused(t *testing.T) {
	for text, want := range map[string]string{
		"prices: [{input: 1}]":                                       "p.yaml:1: the model is missing",
		"prices:\n- {model: x, input: 1e-3}":                         "p.yaml:2: input: \"1e-3\" is no amount",
		"prices:\n- {model: x, inptu: 1}":                            "p.yaml:2: there is no such key: inptu",
		"prices:\n- {model: x, model: x}":                            "",
		"prices:\n- {model: x, from: tomorrow}":                      "is no day",
		"prices:\n- {model: x, from: 2026-02-01, until: 2026-01-01}": "ends before it begins",
		"prices:\n- {model: x, input: [1]}":                          "must have a single value",
		"prices:\n- x":                                               "a price is a set of keys",
		"prices: []":                                                 "there are no prices",
		"pries: []":                                                  "",
	} {
		_, err := meter.ParsePrices("p.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
