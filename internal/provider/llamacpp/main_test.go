package llamacpp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model is the default model in little memory.
var model = engine.Model{Weights: engine.DefaultWeights, Context: 512, Slots: 2}

// newProvider makes a provider of the real engine and the default model, and the
// function that stops it. What is fetched stays in the cache that all tests, and
// the program itself, share.
func newProvider(t *testing.T) (*Provider, func()) {
	t.Helper()
	pool, err := engine.NewPool(engine.Options{Cache: &download.Cache{Dir: dataDir(t)}, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Fetch(t.Context(), model); err != nil {
		const missing = "the engine and the default model cannot be fetched"
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s: %v", missing, err)
		}
		t.Skipf("%s: %v", missing, err)
	}
	return New(Options{Pool: pool, Model: model}), func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := pool.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
}

// dataDir is the folder of what is fetched.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SAPROLITE_DATA"); dir != "" {
		return dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "saprolite")
}

// idle waits until no slot of the engine works.
func (p *Provider) idle(ctx context.Context) error { return p.busy(ctx, 0) }

// busy waits until a number of the engine's slots work.
func (p *Provider) busy(ctx context.Context, want int) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var slots int
		err := p.use(ctx, func(lease *engine.Lease) (err error) {
			slots, err = busySlots(ctx, lease)
			return err
		})
		if err != nil || slots == want {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d slots work, not %d: %w", slots, want, ctx.Err())
		}
	}
}

func busySlots(ctx context.Context, lease *engine.Lease) (busy int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, lease.BaseURL+"/slots", nil)
	if err != nil {
		return 0, err
	}
	response, err := lease.Client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var slots []struct {
		Processing bool `json:"is_processing"`
	}
	if err := json.NewDecoder(response.Body).Decode(&slots); err != nil {
		return 0, err
	}
	for _, slot := range slots {
		if slot.Processing {
			busy++
		}
	}
	return busy, nil
}

// ask is a call with texts that user and assistant say in turn.
func ask(texts ...string) provider.Call {
	request := &bedrock.ConverseRequest{InferenceConfig: &bedrock.InferenceConfiguration{
		Temperature: new(float32(0)), MaxTokens: new(int32(24)),
	}}
	for i, text := range texts {
		role := bedrock.ConversationRoleUser
		if i%2 == 1 {
			role = bedrock.ConversationRoleAssistant
		}
		request.Messages = append(request.Messages, bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: &text}}})
	}
	return provider.Call{Model: "default", Incremental: true, Request: request}
}
