// Package script is a provider that answers from a file of rules. No model is
// behind it: it says what the file says, fails where the file lets it fail, and
// takes the time that the file gives. It exists for tests, and carries
// everything that a conversation can hold.
//
// The first rule that matches a request answers it; docs/script.md shows what
// rules look like. maxTokens and stopSequences of a request cut the answer as
// they would a model's. Tokens are counted by a simple rule of the provider's
// own (a word or a sign is a token), by which CountTokens and usage agree.
package script

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"sync"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Provider answers from rules.
type Provider struct {
	file  string
	rules []*rule

	mu sync.Mutex
	// used counts the answers of the rules that have a number of times.
	used map[*rule]int32
}

var _ interface {
	provider.Provider
	provider.LocalCounter
	provider.Capable
} = (*Provider)(nil)

// Load reads a file of rules. Mistakes in it are an *Error.
func Load(file string) (*Provider, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("a script: %w", err)
	}
	return Parse(file, data)
}

// Parse reads rules from memory; the name of the file stands in errors. Mistakes
// are an *Error.
func Parse(file string, data []byte) (*Provider, error) {
	rules, err := parse(data)
	if err != nil {
		if where, ok := errors.AsType[*Error](err); ok {
			where.File = file
		}
		return nil, err
	}
	return &Provider{file: file, rules: rules, used: map[*rule]int32{}}, nil
}

// Abilities is everything: what a script cannot carry does not exist.
func (p *Provider) Abilities(string) provider.Abilities {
	return provider.Abilities{
		Tools: true, Images: true, Documents: true, Video: true, Audio: true,
		Reasoning: true, CachePoints: true, StructuredOutput: true, SystemTools: true, S3Locations: true,
	}
}

// CountsLocally implements provider.LocalCounter.
func (*Provider) CountsLocally() {}

// CountTokens gives the inputTokens of the rule that would answer, or counts.
func (p *Provider) CountTokens(_ context.Context, call provider.Call) (int32, error) {
	if m := p.find(newSubject(call), peek); m != nil && m.usage.input != nil {
		return *m.usage.input, nil
	}
	return inputTokens(call.Request), nil
}

// Converse answers by the first rule that matches.
func (p *Provider) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		s := newSubject(call)
		m := p.find(s, claim)
		if m == nil {
			w.Fail(p.noRule(s))
			return
		}
		a := newAnswer(m, call.Request)
		if err := a.play(ctx, w, call.Incremental); err != nil {
			w.Fail(err)
		}
	}
}

// purpose is what a rule is looked for.
type purpose int

const (
	peek  purpose = iota
	claim         // an answer, which counts
)

// match is a rule that answers a request, and what its texts may name.
type match struct {
	*rule
	names map[string]string
	turn  int
}

// find gives the first rule that matches, or nil.
func (p *Provider) find(s subject, why purpose) *match {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rules {
		if r.times > 0 && p.used[r] == r.times {
			continue
		}
		var groups map[string]string
		if r.when != nil {
			var ok bool
			if groups, ok = r.when(s); !ok {
				continue
			}
		}
		if r.times > 0 && why == claim {
			p.used[r]++
		}
		names := map[string]string{
			"model": s.models[0], "text": s.text, "system": s.system,
			"toolResult": s.toolResult, "turn": strconv.Itoa(s.turn),
		}
		maps.Copy(names, groups)
		return &match{r, names, s.turn}
	}
	return nil
}
