// Package llamacpp is the provider of the embedded engine: it answers
// conversations, or turns texts into vectors, by the llama.cpp servers that package
// engine runs.
//
// The servers speak OpenAI's chat completions, which package openai does. What
// is particular to llama.cpp, as seen in its build 11549:
//
//   - A stop sequence and the model's own end both are finish_reason "stop", the
//     token limit and a full context both "length". The members that verbose adds
//     to an answer tell them apart.
//   - Texts of control tokens act as control tokens wherever they stand: whoever
//     writes "<|im_end|>" ends the turn. They are broken up.
//   - Two messages of one role in a row do not fit most templates, or are refused.
//     They are joined.
//   - The template of the default model has a system prompt of its own, with which
//     the model answers worse. A conversation without one gets an empty one.
//   - Models whose template knows no tools are told of them in the system prompt,
//     and call them by answers that a grammar holds to the tools' schemas; any model
//     does where the request demands a call, for llama.cpp's own tool_choice lets
//     prose come first. See tools.go.
//
// CountTokens asks with the same body as Converse, so that all of this is counted.
package llamacpp

import (
	"context"
	"sync/atomic"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
)

// Options configure a provider.
type Options struct {
	// Pool runs the engine. Its owner stops it.
	Pool *engine.Pool
	// Model says which weights answer and how they run.
	Model engine.Model
}

// Provider answers from one model: conversations, or with the vectors that the model
// is for, as the weights say. What it is not for is refused. The engine starts at the first call, and again
// after it died.
type Provider struct {
	pool  *engine.Pool
	model engine.Model
	// known is what was learned of the child that answered last.
	known atomic.Pointer[traits]
}

var _ interface {
	provider.Provider
	provider.LocalCounter
	provider.Capable
	provider.Embedder
	provider.Reranker
} = (*Provider)(nil)

// New makes a provider. It starts nothing.
func New(o Options) *Provider {
	return &Provider{pool: o.Pool, model: o.Model}
}

// Abilities gives what the model carries, whatever it is called: text, tools, JSON
// schemas for the answer, cache points, images if it has a projector, and reasoning
// unless it is the default model, which has none.
func (p *Provider) Abilities(string) provider.Abilities {
	return provider.Abilities{
		Tools: true, StructuredOutput: true, CachePoints: true,
		Images:    p.model.Projector != "",
		Reasoning: p.model.Weights != engine.DefaultWeights,
	}
}

// Converse answers a call. An engine that dies under it ends it with a
// *bedrock.ModelErrorException, or a *bedrock.ModelStreamErrorException once the
// answer has begun; the next call finds the engine restarted. While the engine
// cannot run, the error is that of a service that is not ready.
func (p *Provider) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		err := p.use(ctx, func(lease *engine.Lease) error {
			if lease.Embedding {
				return provider.Unsupported("answer conversations")
			}
			x, err := p.exchange(ctx, lease, call)
			if err != nil {
				return err
			}
			leave, err := enter(ctx, lease, call.Caller)
			if err != nil {
				return err
			}
			defer leave()
			for event, err := range x.converse(ctx) {
				if err != nil {
					return err
				}
				if !yield(event, nil) {
					return errLeft
				}
			}
			return nil
		})
		if err != nil && err != errLeft {
			yield(bedrock.ConverseStreamOutput{}, err)
		}
	}
}

// CountsLocally implements provider.LocalCounter.
func (*Provider) CountsLocally() {}

// CountTokens gives the inputTokens that the same call reports. It also counts
// what is too long to be answered.
func (p *Provider) CountTokens(ctx context.Context, call provider.Call) (count int32, err error) {
	err = p.use(ctx, func(lease *engine.Lease) error {
		if lease.Embedding {
			return provider.Unsupported("count tokens")
		}
		x, err := p.exchange(ctx, lease, call)
		if err != nil {
			return err
		}
		count, err = x.client().CountTokens(ctx, call)
		return err
	})
	return count, err
}
