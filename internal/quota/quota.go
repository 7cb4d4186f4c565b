// Package quota says how much callers may use: rules about requests and tokens, and
// what counts against them. Implementations lie in the folders below: one counts in
// this process, one in Redis, for several. quotatest is the suite that both pass.
//
// What is bounded by the minute refills steadily: a bucket of 60 requests a minute
// takes 60 at once, and then one each second. Tokens are reserved when a request is
// admitted, by its input and what it may answer, and settled when it ends, by what it
// used. What is bounded by the day begins anew at midnight UTC.
package quota

import (
	"context"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Request is what one call asks for.
type Request struct {
	// Account is the 12 digits of the caller's account, Principal the ARN of the user
	// or the role that counts. Session is that of the role's session, empty for others.
	Account, Principal, Session string
	// Model is the bare id of the model.
	Model string
	// Operation is what the caller called; its errors are those that it declares.
	Operation bedrock.Operation
	// Brief says that the request runs no model: it takes no place among those that run
	// at the same time.
	Brief bool
	// Reserve gives the tokens that are reserved. It is asked only where a rule bounds
	// tokens; nil uses none.
	Reserve func() Reservation
}

// Reservation is what a request may use.
type Reservation struct {
	// Tokens are those of the input and of the longest answer.
	Tokens int64
	// Least are those of them that are sure: what was counted, and the bound that the
	// request itself sets to its answer. A bucket that is smaller never admits the
	// request. One that is smaller than Tokens alone admits it when it is full.
	Least int64
}

// Limiter holds callers to the rules. It is safe for concurrent use.
type Limiter interface {
	// Admit takes what a request needs of every rule that is for it, or nothing. Where
	// a rule lets callers queue for one of a number of places, Admit waits. The error
	// is, or wraps, a bedrock.Exception in the words of the service, or is that of ctx.
	Admit(ctx context.Context, req *Request) (Grant, error)
	// Buckets gives at most limit of the buckets that are in use, those of the first
	// rules first.
	Buckets(ctx context.Context, limit int) ([]Bucket, error)
	// Close ends what the limiter runs. What is granted stays granted.
	Close() error
}

// Grant is what an admitted request holds.
type Grant interface {
	// Settle ends the request: it gives back its places, and what it reserved beyond
	// the tokens it used, or takes what it used beyond that. Calls after the first do
	// nothing.
	Settle(tokens int64)
}

// Bucket is what one rule counts for those who share it.
type Bucket struct {
	// Rule is the name of the rule.
	Rule string
	Key
	// Levels are the limits of the rule and what is used of them.
	Levels []Level
	// Waiting are the requests that wait for a place.
	Waiting int64
}

// Level is how full a bucket is.
type Level struct {
	Kind Kind
	// Limit is that of the rule; Used may be more, where a request used more than it
	// had reserved.
	Limit, Used int64
}

// Left is what may still be used.
func (l Level) Left() int64 { return max(0, l.Limit-l.Used) }

// Kind is what a limit bounds, in the words of the configuration.
type Kind string

// The kinds of limits.
const (
	RequestsPerMinute Kind = "requestsPerMinute"
	TokensPerMinute   Kind = "tokensPerMinute"
	TokensPerDay      Kind = "tokensPerDay"
	Concurrent        Kind = "concurrent"
)

// Levels gives those of a rule whose bucket is used so far.
func (r *Rule) Levels(used Used) []Level {
	var levels []Level
	for _, l := range []Level{
		{RequestsPerMinute, r.RequestsPerMinute, whole(used.Requests)},
		{TokensPerMinute, r.TokensPerMinute, whole(used.Tokens)},
		{TokensPerDay, r.TokensPerDay, used.Day},
		{Concurrent, r.Concurrent, used.Running},
	} {
		if l.Limit > 0 {
			levels = append(levels, l)
		}
	}
	return levels
}

// Used is how much of a bucket is used.
type Used struct {
	Requests, Tokens float64
	Day, Running     int64
}

// whole rounds up: what is used in part cannot be used.
func whole(n float64) int64 {
	i := int64(n)
	if n > float64(i)+Tolerance {
		i++
	}
	return i
}

// Tolerance is what sums of fractions may be off by.
const Tolerance = 1e-6

// Day is the number of a day since 1970, in UTC.
func Day(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// Free is the grant of a request that no rule is for.
type Free struct{}

// Settle does nothing.
func (Free) Settle(int64) {}
