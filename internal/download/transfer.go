package download

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"time"
)

const (
	// fruitlessAttempts is how many attempts in a row may bring no byte.
	fruitlessAttempts = 5
	maxRetryDelay     = 30 * time.Second
	// stallTime is how long a body may bring nothing before its connection is given up.
	stallTime = time.Minute
)

var errStalled = errors.New("the server stopped sending")

// resource is what one transfer brings.
type resource struct {
	url   string
	sum   string // expected SHA-256 in hex, or empty
	token string // bearer token, or empty
	dest  string
	label string // what the user is shown
}

// transfer brings r to its destination. A whole file of the wrong sum is discarded and fetched
// once more from its start: it may have been resumed from something else.
func (c *Cache) transfer(ctx context.Context, r resource) error {
	m := meter{progress: c.progress(), label: r.label}
	err := c.transferOnce(ctx, r, &m)
	if mismatch := (*ChecksumError)(nil); errors.As(err, &mismatch) {
		err = c.transferOnce(ctx, r, &m)
	}
	m.done(err)
	return err
}

func (c *Cache) transferOnce(ctx context.Context, r resource, m *meter) error {
	p, err := openPartial(r)
	if err != nil {
		return err
	}
	defer p.file.Close()
	if err := c.complete(ctx, r, p, m); err != nil {
		return err
	}
	return p.finish(r)
}

// complete makes attempts until the partial file is whole.
func (c *Cache) complete(ctx context.Context, r resource, p *partial, m *meter) error {
	delay := c.retryDelay()
	for fruitless := 0; ; {
		before := p.size
		err := c.attempt(ctx, r, p, m)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case permanent(err):
			return err
		}
		if fruitless++; p.size > before {
			fruitless, delay = 0, c.retryDelay()
		}
		if fruitless >= fruitlessAttempts {
			return fmt.Errorf("%s: %d attempts brought nothing: %w", r.url, fruitless, err)
		}
		pause := delay
		if status := (*StatusError)(nil); errors.As(err, &status) {
			pause = min(max(pause, status.RetryAfter), maxRetryDelay)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		delay = min(2*delay, maxRetryDelay)
	}
}

// permanent says whether another attempt would fail the same way.
func permanent(err error) bool {
	var (
		status      *StatusError
		file        *fs.PathError
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &status):
		return !status.Transient()
	case errors.As(err, &name):
		return name.IsNotFound
	}
	return errors.As(err, &file) || errors.As(err, &certificate)
}

// attempt makes one request and appends what it brings.
func (c *Cache) attempt(ctx context.Context, r resource, p *partial, m *meter) error {
	// Without a sum or a validator nothing would tell that two halves are of one file.
	if r.sum == "" && p.validator == "" {
		if err := p.restart(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := c.get(ctx, r, p.size, p.validator)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	total, err := p.accept(r, resp)
	if err != nil || p.size == total {
		return err
	}
	m.at(p.size, total)
	watchdog := time.AfterFunc(stallTime, func() { cancel(errStalled) })
	defer watchdog.Stop()
	err = p.append(readerFunc(func(b []byte) (int, error) {
		n, err := resp.Body.Read(b)
		watchdog.Reset(stallTime)
		m.at(m.shown+int64(n), total)
		return n, err
	}), total)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// meter shows one transfer over all its attempts.
type meter struct {
	progress Progress
	label    string
	task     Task
	shown    int64
}

// at shows that size of total bytes are there.
func (m *meter) at(size, total int64) {
	if m.task == nil {
		m.task = m.progress.Start(m.label, total)
	}
	if size != m.shown {
		m.task.Advance(size - m.shown)
		m.shown = size
	}
}

func (m *meter) done(err error) {
	if m.task != nil {
		m.task.Done(err)
	}
}
