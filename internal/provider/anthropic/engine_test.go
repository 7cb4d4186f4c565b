package anthropic

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	format "github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// TestEngine asks a real model: llama.cpp's server speaks Messages too.
func TestEngine(t *testing.T) {
	p := overEngine(t)
	request := &bedrock.ConverseRequest{
		InferenceConfig: &bedrock.InferenceConfiguration{Temperature: new(float32(0)), MaxTokens: new(int32(12))},
		System:          []bedrock.SystemContentBlock{{Text: new("You are a geologist.")}},
		Messages: []bedrock.Message{{
			Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("What is saprolite?")}},
		}},
	}
	count, err := p.CountTokens(t.Context(), provider.Call{Model: "default", Request: request})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, incremental := range []bool{true, false} {
		a, err := providertest.Collect(t, t.Context(), p, provider.Call{Model: "default", Request: request, Incremental: incremental})
		if err != nil {
			t.Fatal(err)
		}
		read := int32(0)
		if cached := a.Usage.CacheReadInputTokens; cached != nil {
			read = *cached
		}
		if a.Text == "" || a.StopReason != bedrock.StopReasonMaxTokens || a.Usage.OutputTokens != 12 {
			t.Errorf("%q ended by %s, usage %+v", a.Text, a.StopReason, a.Usage)
		}
		if incremental && a.Deltas < 2 {
			t.Errorf("the stream has %d deltas", a.Deltas)
		}
		if a.Usage.InputTokens+read != count {
			t.Errorf("%d input tokens and %d from the cache, counted were %d", a.Usage.InputTokens, read, count)
		}
		texts = append(texts, a.Text)
	}
	if texts[0] != texts[1] {
		t.Errorf("at temperature 0 the stream says %q, the whole answer %q", texts[0], texts[1])
	}
}

// overEngine is a provider of the embedded engine and the default model.
func overEngine(t *testing.T) *Provider {
	t.Helper()
	dir := os.Getenv("SAPROLITE_DATA")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(base, "saprolite")
	}
	pool, err := engine.NewPool(engine.Options{Cache: &download.Cache{Dir: dir}, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := pool.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	model := engine.Model{Weights: engine.DefaultWeights, Context: 512, Slots: 1}
	if err := pool.Fetch(t.Context(), model); err != nil {
		const missing = "the engine and the default model cannot be fetched"
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s: %v", missing, err)
		}
		t.Skipf("%s: %v", missing, err)
	}
	lease, err := pool.Acquire(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lease.Release)
	return &Provider{bodies: format.New(), client: &openai.Client{HTTP: lease.Client, BaseURL: lease.BaseURL + "/v1"}}
}
