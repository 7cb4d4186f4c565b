// Package failover is a provider that leads each call to one of several others,
// and on to the next where that one cannot be reached or has failed for the
// moment: before the answer has begun, and never after.
//
// Health is judged by what calls meet, not by probes of its own: a member that
// failed is set aside for a pause, which doubles with each further failure, and
// is asked meanwhile only when all others have failed too. After the pause one
// call tries it. That costs the caller nothing but the time of a refused
// connection, asks nothing of upstreams that bill by the request, and needs no
// goroutine. An upstream that takes a call and falls silent is found out by the
// timeouts of its own provider.
package failover

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Member is one of the providers that calls are led to.
type Member struct {
	// Name names the member in the log.
	Name     string
	Provider provider.Provider
	// Model is the model's name there; empty leaves that of the call.
	Model string
	// Weight is the member's share of the calls among the Weights of all; 0 means
	// 1. Only ByWeight looks at it.
	Weight int
}

// Order is the order in which the members are asked that are not set aside.
type Order int

const (
	// InTurn asks the first member as long as it answers, then the second.
	InTurn Order = iota
	// ByWeight asks a random member by its weight, then another of the rest.
	ByWeight
)

// Options configure the failover. The zero value of a field chooses a default.
type Options struct {
	Order Order
	// Pause is how long a member is set aside after its first failure; 0 means a
	// second. It doubles with each further one up to MaxPause; 0 means a minute.
	Pause, MaxPause time.Duration
	// Log takes a line when a member is set aside and when it answers again; nil
	// discards it.
	Log *slog.Logger
}

// New makes a provider of at least one member. It carries what all members
// carry, counts tokens if all do, and passes requests through if all do.
func New(members []Member, o Options) provider.Provider {
	r := &router{order: o.Order, log: cmp.Or(o.Log, slog.New(slog.DiscardHandler))}
	pause := pauses{first: cmp.Or(o.Pause, time.Second), longest: cmp.Or(o.MaxPause, time.Minute)}
	counts, passes := true, true
	for _, m := range members {
		m.Weight = cmp.Or(m.Weight, 1)
		r.members = append(r.members, &member{Member: m, pauses: pause, log: r.log.With("provider", m.Name)})
		_, ok := m.Provider.(provider.TokenCounter)
		counts = counts && ok
		_, ok = m.Provider.(provider.Passthrough)
		passes = passes && ok
	}
	switch {
	case counts && passes:
		return struct {
			*router
			counting
			passing
		}{r, counting{r}, passing{r}}
	case counts:
		return struct {
			*router
			counting
		}{r, counting{r}}
	case passes:
		return struct {
			*router
			passing
		}{r, passing{r}}
	}
	return r
}

type router struct {
	order   Order
	members []*member
	log     *slog.Logger
}

// counting and passing are the abilities that a router has if all members do.
type (
	counting struct{ router *router }
	passing  struct{ router *router }
)

// Abilities gives what every member carries.
func (r *router) Abilities(model string) provider.Abilities {
	common := r.members[0].abilities(model)
	for _, m := range r.members[1:] {
		common = both(common, m.abilities(model))
	}
	return common
}

func (m *member) abilities(model string) provider.Abilities {
	if capable, ok := m.Provider.(provider.Capable); ok {
		return capable.Abilities(cmp.Or(m.Model, model))
	}
	return provider.Abilities{}
}

func both(a, b provider.Abilities) provider.Abilities {
	return provider.Abilities{
		Tools: a.Tools && b.Tools, Images: a.Images && b.Images, Documents: a.Documents && b.Documents,
		Video: a.Video && b.Video, Audio: a.Audio && b.Audio,
		Reasoning: a.Reasoning && b.Reasoning, CachePoints: a.CachePoints && b.CachePoints,
		StructuredOutput: a.StructuredOutput && b.StructuredOutput, SystemTools: a.SystemTools && b.SystemTools, S3Locations: a.S3Locations && b.S3Locations,
		PlainDocuments: a.PlainDocuments || b.PlainDocuments,
	}
}

// Converse answers a call by the first member that begins to answer it.
func (r *router) Converse(ctx context.Context, call provider.Call) provider.Events {
	return answer(ctx, r, func(m *member) iter.Seq2[bedrock.ConverseStreamOutput, error] {
		return m.Provider.Converse(ctx, m.named(call))
	})
}

// Forward leads a request to the first member that begins to answer it.
func (p passing) Forward(ctx context.Context, call provider.RawCall) provider.Pieces {
	return answer(ctx, p.router, func(m *member) iter.Seq2[provider.Piece, error] {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return m.Provider.(provider.Passthrough).Forward(ctx, call)
	})
}

// named is the call with the member's name for the model.
func (m *member) named(call provider.Call) provider.Call {
	if m.Model != "" {
		call.Model, call.Requested = m.Model, ""
	}
	return call
}

// answer gives the first of the members' answers that begins.
func answer[T any](ctx context.Context, r *router, ask func(*member) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := r.try(ctx, func(m *member) (began bool, failure error) {
			for part, err := range ask(m) {
				if err != nil && !began {
					return false, err
				}
				if !began {
					began = true
					m.answered()
				}
				if !yield(part, err) {
					return true, nil
				}
			}
			return true, nil
		})
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// try asks one member after the other until one is done, or asking another makes
// no sense. It asks none twice.
func (r *router) try(ctx context.Context, ask func(*member) (done bool, failure error)) error {
	var failures []error
	for m := range r.candidates() {
		before := m.failuresSoFar()
		done, failure := ask(m)
		if done {
			return nil
		}
		failures = append(failures, failure)
		upstream, ok := errors.AsType[*provider.UpstreamError](failure)
		if ctx.Err() != nil {
			return failure
		}
		if !ok || !upstream.Temporary() {
			m.answered() // that the call is refused says that the member is well
			return failure
		}
		m.failed(before, upstream)
	}
	return all(failures)
}

// all is the error of a call that every member failed: the last one's, with the
// others' behind it for the log.
func all(failures []error) error {
	last := failures[len(failures)-1]
	exception, ok := errors.AsType[bedrock.Exception](last)
	if len(failures) == 1 || !ok {
		return last
	}
	causes := []error{last}
	return bedrock.WithCause(exception, errors.Join(append(causes, failures[:len(failures)-1]...)...))
}
