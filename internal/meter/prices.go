package meter

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Rates are prices in billionths of a dollar. Those of tokens are for a thousand.
type Rates struct {
	Input, Output, CacheRead, CacheWrite int64
	// The rest are for one. A request counts where it was answered.
	Image, Embedding, GuardrailUnit, Request int64
}

// Price is what some calls cost, for a time.
type Price struct {
	// Model is the bare id of a model, in which * stands for any text.
	Model string
	// Provider and Tier, where not empty, are those of the calls.
	Provider, Tier string
	// From is the first moment, Until the first one after; zero times are open ends.
	From, Until time.Time
	Rates       Rates
}

func (p *Price) fits(r *Record) bool {
	return (p.Provider == "" || p.Provider == r.Provider) && (p.Tier == "" || p.Tier == r.ServiceTier) &&
		(p.From.IsZero() || !r.Time.Before(p.From)) && (p.Until.IsZero() || r.Time.Before(p.Until)) &&
		fits(p.Model, r.Model)
}

// Prices are a list of prices, of which the first that fits a call is the one. A
// call that none fits costs nothing, and so does every call where there is no list.
type Prices struct{ list []Price }

// NewPrices makes a list of prices.
func NewPrices(list ...Price) *Prices { return &Prices{list} }

// Cost gives what a call costs, in billionths of a dollar. To count tokens is free, as
// on AWS.
func (p *Prices) Cost(r *Record) int64 {
	if p == nil || r.Model == "" || r.Operation == bedrock.OperationCountTokens.Name {
		return 0
	}
	for i := range p.list {
		if p.list[i].fits(r) {
			return p.list[i].Rates.cost(r)
		}
	}
	return 0
}

func (rates *Rates) cost(r *Record) int64 {
	var thousands product
	thousands.add(r.InputTokens, rates.Input)
	thousands.add(r.OutputTokens, rates.Output)
	thousands.add(r.CacheReadTokens, rates.CacheRead)
	thousands.add(r.CacheWriteTokens, rates.CacheWrite)
	var units product
	units.add(r.Images, rates.Image)
	units.add(r.Embeddings, rates.Embedding)
	units.add(r.GuardrailUnits, rates.GuardrailUnit)
	if r.Status < http.StatusBadRequest {
		units.add(1, rates.Request)
	}
	tokens, other := thousands.over(1000), units.over(1)
	if tokens > math.MaxInt64-other {
		return math.MaxInt64
	}
	return tokens + other
}

// fits says whether a text is like a pattern, in which * stands for any text.
func fits(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(text, parts[0])
	if len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		var found bool
		_, rest, found = strings.Cut(rest, part)
		ok = ok && found
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
