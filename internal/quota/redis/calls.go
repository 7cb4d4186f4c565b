package redis

import (
	"context"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// calls hears who is called: whose turn has come in a line.
type calls struct {
	client  *goredis.Client
	channel string

	mu sync.Mutex
	// listening is the subscription, made when the first waits.
	listening *goredis.PubSub
	ended     sync.WaitGroup
	expected  map[string]chan struct{}
}

// expect gives a channel that says each time that an id is called.
func (c *calls) expect(ctx context.Context, id string, timeout time.Duration) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listening == nil {
		c.listen(ctx, timeout)
	}
	called := make(chan struct{}, 1)
	c.expected[id] = called
	return called
}

// listen subscribes. Where that fails, the subscription is made anew in the background,
// and meanwhile those who wait look for themselves.
func (c *calls) listen(ctx context.Context, timeout time.Duration) {
	c.expected = map[string]chan struct{}{}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	c.listening = c.client.Subscribe(ctx, c.channel)
	_, _ = c.listening.Receive(ctx)
	messages := c.listening.Channel()
	c.ended.Go(func() {
		for message := range messages {
			c.call(message.Payload)
		}
	})
}

func (c *calls) call(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case c.expected[id] <- struct{}{}:
	default: // it is not ours, or was called before
	}
}

func (c *calls) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.expected, id)
}

func (c *calls) close() error {
	c.mu.Lock()
	listening := c.listening
	c.mu.Unlock()
	if listening == nil {
		return nil
	}
	err := listening.Close()
	c.ended.Wait()
	return err
}
