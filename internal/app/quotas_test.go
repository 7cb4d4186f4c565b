package app_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

// limitedBy is a scripted configuration with more keys.
func limitedBy(t *testing.T, more string) *config.Config {
	t.Helper()
	rules := writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")
	return load(t, "providers: {script: {type: script, file: "+rules+"}}\n"+more)
}

// TestQuotas refuses by the error that the official client knows, whole and streamed:
// before the head of an answer.
func TestQuotas(t *testing.T) {
	r := serve(t, limitedBy(t, "quotas: [{name: all, requestsPerMinute: 2}]\n"), "127.0.0.1:0")
	c := client("http", transport(t, "tcp", r.address(0), http1))
	for operation, do := range operations() {
		if text, err := do(t.Context(), c); err != nil || text != "Hi there!" {
			t.Fatalf("%s: %q, %v", operation, text, err)
		}
	}
	for operation, do := range operations() {
		_, err := do(t.Context(), c)
		throttled, ok := errors.AsType[*types.ThrottlingException](err)
		if !ok || throttled.ErrorMessage() != "Too many requests, please wait before trying again." {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

// TestQuotasOfSeveral lets two servers with one Redis answer as often as one may.
func TestQuotasOfSeveral(t *testing.T) {
	redis := quotatest.StartRedis(t)
	more := fmt.Sprintf("quotas: [{name: each, per: [principal], requestsPerMinute: 10, concurrent: 2, queue: 50}]\nredis: {url: %q, timeout: 10s}\n", redis.URL)
	var clients []*bedrockruntime.Client
	for range 2 {
		r := serve(t, limitedBy(t, more), "127.0.0.1:0")
		clients = append(clients, client("http", transport(t, "tcp", r.address(0), http1)))
	}
	var answered, refused atomic.Int64
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			_, err := ask(t.Context(), clients[i%2])
			_, throttled := errors.AsType[*types.ThrottlingException](err)
			switch {
			case err == nil:
				answered.Add(1)
			case throttled:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	// One refills every six seconds, and slow machines take some.
	if n := answered.Load(); n < 10 || n > 15 || n+refused.Load() != 30 {
		t.Errorf("%d were answered, %d refused", n, refused.Load())
	}
}
