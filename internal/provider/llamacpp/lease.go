package llamacpp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
)

const (
	// attempts bounds the engines that one call tries to reach.
	attempts = 3
	// replaceTime bounds the wait for the pool to see that an engine is gone.
	replaceTime = 5 * time.Second
)

// errLeft ends an answer whose consumer has left.
var errLeft = errors.New("the consumer has left")

// use does something with a running engine. If the engine is gone before it could
// be reached at all, its successor is used: nothing was asked of it, so nothing
// can be asked twice.
func (p *Provider) use(ctx context.Context, do func(*engine.Lease) error) error {
	var gone *http.Client
	for n := 1; ; n++ {
		lease, err := p.acquire(ctx, gone)
		if err != nil {
			return err
		}
		err = hold(lease, do)
		if n == attempts || !unreachable(err) {
			return err
		}
		gone = lease.Client
	}
}

func hold(lease *engine.Lease, do func(*engine.Lease) error) error {
	defer lease.Release()
	return do(lease)
}

// enter waits for one of the slots of an engine. The requests of the callers take turns.
func enter(ctx context.Context, lease *engine.Lease, caller string) (leave func(), err error) {
	leave, err = lease.Enter(ctx, caller)
	switch {
	case err == nil:
		return leave, nil
	case errors.Is(err, engine.ErrBusy):
		return nil, bedrock.WithCause(&bedrock.ServiceUnavailableException{
			Message: "Too many connections, please wait before trying again.",
		}, err)
	}
	return nil, provider.EndedError(err)
}

// acquire leases an engine that is not the one that is gone, which the pool may
// still hand out for a moment.
func (p *Provider) acquire(ctx context.Context, gone *http.Client) (*engine.Lease, error) {
	deadline := time.NewTimer(replaceTime)
	defer deadline.Stop()
	for {
		lease, err := p.pool.Acquire(ctx, p.model)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, provider.EndedError(ctx.Err())
		case err != nil:
			return nil, unavailable(err)
		case lease.Client != gone:
			return lease, nil
		}
		lease.Release()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, provider.EndedError(ctx.Err())
		case <-deadline.C:
			return nil, unavailable(errors.New("the engine cannot be reached"))
		}
	}
}

// unreachable says whether an error came before the engine saw anything.
func unreachable(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}

// unavailable is the error of an engine that does not run, because of cause: one
// that does not start is tried again after a while, one that is missing or was
// stopped is not.
func unavailable(cause error) error {
	if _, ok := errors.AsType[*engine.StartError](cause); ok {
		return bedrock.WithCause(&bedrock.ModelNotReadyException{
			Message: "Model is not ready for inference. Wait and try your request again.",
		}, cause)
	}
	return bedrock.WithCause(&bedrock.ServiceUnavailableException{
		Message: "Bedrock is unable to process your request.",
	}, cause)
}
