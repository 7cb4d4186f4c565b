package tests

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
	"github.com/saprolite/saprolite/internal/quota/redis"
)

// TestQuotaOfKilledServer lets two servers share one place, and kills the one that has
// it: the other one gets it, and no sooner than then.
func TestQuotaOfKilledServer(t *testing.T) {
	server := quotatest.StartRedis(t)
	folder := t.TempDir()
	writeAll(t, folder, map[string]string{
		"rules.yaml": "rules:\n- {when: {text: slow}, reply: Hi, delay: {first: 1h}}\n- reply: Hi there!\n",
		"saprolite.yaml": fmt.Sprintf("providers: {script: {type: script, file: rules.yaml}}\n"+
			"quotas: [{name: all, concurrent: 1, queue: 1, queueTimeout: 1m}]\n"+
			"redis: {url: %q, timeout: 10s, lease: 1s}\n", server.URL),
	})
	binary := build(t)
	args := []string{"--config", filepath.Join(folder, "saprolite.yaml"), "--data", folder}
	doomed, survivor := start(t, binary, args...), serve(t, binary, args...)

	first, second := client(t, doomed), client(t, survivor)
	slow := make(chan error, 1)
	go func() { slow <- converse(t.Context(), first, "slow") }()
	look := newLook(t, server.URL)
	look.await(t, 1, 0)
	quick := make(chan error, 1)
	go func() { quick <- converse(t.Context(), second, "quick") }()
	look.await(t, 1, 1)
	doomed.kill()
	if err := <-slow; err == nil {
		t.Error("a killed server answers")
	}
	if err := <-quick; err != nil {
		t.Errorf("the other one waits in vain: %v", err)
	}
	look.await(t, 0, 0)
}

// look sees what the servers count.
type look struct{ limiter *redis.Limiter }

func newLook(t *testing.T, url string) look {
	t.Helper()
	rules, err := quota.NewRules([]quota.Rule{{Name: "all", Concurrent: 1, Queue: 1}})
	if err != nil {
		t.Fatal(err)
	}
	limiter, err := redis.New(redis.Options{Rules: rules, URL: url, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { limiter.Close() })
	return look{limiter}
}

// await waits until so many requests run and so many wait.
func (l look) await(t *testing.T, running, waiting int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for {
		buckets, err := l.limiter.Buckets(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		var runs, waits int64
		for _, b := range buckets {
			runs, waits = b.Levels[0].Used, b.Waiting
		}
		if runs == running && waits == waiting {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d run and %d wait, want %d and %d", runs, waits, running, waiting)
		}
	}
}

// client is the official client of a server, which asks once.
func client(t *testing.T, p *program) *bedrockruntime.Client {
	t.Helper()
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String(p.variable(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME")),
		Region:       p.variable(t, "AWS_REGION"),
		Credentials:  credentials.NewStaticCredentialsProvider(p.variable(t, "AWS_ACCESS_KEY_ID"), p.variable(t, "AWS_SECRET_ACCESS_KEY"), ""),
		HTTPClient:   newClient(t, http1()),
		Retryer:      aws.NopRetryer{},
	})
}

func converse(ctx context.Context, client *bedrockruntime.Client, text string) error {
	_, err := client.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId: aws.String("amazon.nova-lite-v1:0"),
		Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
			&types.ContentBlockMemberText{Value: text},
		}}},
	})
	return err
}

func writeAll(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
