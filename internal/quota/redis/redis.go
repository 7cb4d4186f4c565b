// Package redis counts quotas in Redis, or in Valkey, for all servers that share it: a
// rule holds for them in sum.
//
// Every decision is one script, so that a request takes all that it needs or nothing.
// Places of requests that run are leases, which their server renews: those of a server
// that is gone come back when the lease ends. Requests that wait have tickets in one
// line for all servers; who leaves a place calls the next by name over a channel, and
// whoever misses the call looks again after a second.
//
// Redis that fails or hangs costs a request no more than Options.Timeout, and while it
// is down, one request a second.
package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/saprolite/saprolite/internal/quota"
)

// Options configure a Limiter. Zero values choose the defaults.
type Options struct {
	// Rules are those that are held; required.
	Rules *quota.Rules
	// URL is that of the server, as redis://host:6379/0, rediss:// for TLS, or
	// unix:///path; required.
	URL string
	// Prefix begins all keys; the default is saprolite. Servers that share quotas share
	// it.
	Prefix string
	// Timeout bounds every question to Redis; the default is 500ms.
	Timeout time.Duration
	// OnFailure says what becomes of requests while Redis fails; the default is Closed.
	OnFailure OnFailure
	// Lease is how long the places of a server that is gone stay taken; the default is
	// 30s.
	Lease time.Duration
	// Now is the clock; nil is that of Redis.
	Now func() time.Time
	// Log takes that Redis fails and that it works again; nil discards.
	Log *slog.Logger
}

// OnFailure says what becomes of requests while nothing can be counted.
type OnFailure string

// The ways.
const (
	// Open lets them pass, uncounted.
	Open OnFailure = "open"
	// Closed refuses them with the error of a service that is not available.
	Closed OnFailure = "closed"
)

const (
	// pause is the time between two attempts at a Redis that is down.
	pause = time.Second
	// look again is how often a request that waits looks for itself, and ticket how long
	// its place in the line outlives its server.
	lookAgain = time.Second
	ticket    = 5 * time.Second
)

// Limiter is a quota.Limiter and a quota.Amounts.
type Limiter struct {
	Options
	client *goredis.Client
	// node begins the ids of this limiter's requests.
	node   string
	number atomic.Int64
	// failures counts the questions that got no answer; down is when to ask again, in
	// nanoseconds, or 0.
	failures, down atomic.Int64

	calls calls
	// mu guards the grants that hold leases, and what failures have left to be done.
	mu     sync.Mutex
	leases map[*grant]struct{}
	left   []*grant
	doubts map[string]doubt
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

var _ interface {
	quota.Limiter
	quota.Amounts
} = (*Limiter)(nil)

// New makes a limiter. It connects when it is first used.
func New(o Options) (*Limiter, error) {
	o.Prefix = cmp.Or(o.Prefix, "saprolite")
	o.Timeout = cmp.Or(o.Timeout, 500*time.Millisecond)
	o.OnFailure = cmp.Or(o.OnFailure, Closed)
	o.Lease = cmp.Or(o.Lease, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	options, err := goredis.ParseURL(o.URL)
	if err != nil {
		return nil, errors.New("this is no URL of a Redis server") // the error may quote a password
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = o.Timeout, o.Timeout, o.Timeout, o.Timeout
	options.ContextTimeoutEnabled = true
	// What was asked may have been done: asked again, it would count twice.
	options.MaxRetries = -1
	options.DialerRetries = 1
	// The library has one logger for the whole program. What it has to say is told by ask.
	goredis.SetLogger(libraryLog{o.Log})
	ctx, stop := context.WithCancel(context.Background())
	l := &Limiter{
		Options: o, client: goredis.NewClient(options), node: rand.Text()[:12], stop: stop,
		leases: map[*grant]struct{}{}, doubts: map[string]doubt{},
	}
	l.calls.client, l.calls.channel = l.client, l.channel()
	l.ended.Go(func() { l.keep(ctx) })
	l.ended.Go(func() { l.mend(ctx) })
	return l, nil
}

// Close implements quota.Limiter. Leases that are held then end by themselves.
func (l *Limiter) Close() error {
	l.stop()
	l.ended.Wait()
	return errors.Join(l.calls.close(), l.client.Close())
}

// Failures counts the questions that Redis did not answer.
func (l *Limiter) Failures() int64 { return l.failures.Load() }

func (l *Limiter) channel() string { return "{" + l.Prefix + "}:turn" }
func (l *Limiter) index() string   { return "{" + l.Prefix + "}:buckets" }

// bucketKey is the key of the bucket of a match.
func (l *Limiter) bucketKey(rule string, key quota.Key) string {
	return l.bucketPrefix() + rule + ":" + key.Text()
}

func (l *Limiter) bucketPrefix() string { return "{" + l.Prefix + "}:bucket:" }

// now is the time for a script: 0 for Redis's own.
func (l *Limiter) now() int64 {
	if l.Now == nil {
		return 0
	}
	return l.Now().UnixMicro()
}

// clock is the time for what needs no agreement between servers.
func (l *Limiter) clock() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}

// errDown is the error of a question that was not asked.
var errDown = errors.New("redis failed a moment ago")

// ask asks Redis something for a request, within the timeout. The error says that it did
// not answer, or that ctx ended.
func (l *Limiter) ask(ctx context.Context, question func(context.Context) error) error {
	err := l.attempt(ctx, question)
	if err != nil && ctx.Err() == nil {
		l.failures.Add(1)
	}
	return err
}

// attempt is ask for nobody's request.
func (l *Limiter) attempt(ctx context.Context, question func(context.Context) error) error {
	if l.isDown() {
		return errDown
	}
	bounded, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	err := question(bounded)
	switch {
	case err == nil || errors.Is(err, goredis.Nil):
		if l.down.Swap(0) != 0 {
			l.Log.Info("redis answers again")
		}
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	if l.down.Swap(time.Now().Add(pause).UnixNano()) == 0 {
		l.Log.Warn("redis does not answer", "error", err, "requests", l.OnFailure)
	}
	return fmt.Errorf("redis: %w", err)
}

// isDown says whether Redis failed within the pause. After it, one finds out.
func (l *Limiter) isDown() bool {
	until, now := l.down.Load(), time.Now()
	if until == 0 {
		return false
	}
	return now.UnixNano() < until || !l.down.CompareAndSwap(until, now.Add(pause).UnixNano())
}

// failed is what becomes of a request that could not be counted, because of cause.
func (l *Limiter) failed(ctx context.Context, cause error) (quota.Grant, error) {
	switch {
	case ctx.Err() != nil:
		return nil, cause
	case l.OnFailure == Open:
		return quota.Free{}, nil
	}
	return nil, quota.Unavailable(cause)
}

// libraryLog takes what the library says.
type libraryLog struct{ log *slog.Logger }

// Printf implements the library's interface.
func (l libraryLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, args...))
}
