package invocationlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const account = "123456789012"

// settings is a store that can fail, and counts what it is asked.
type settings struct {
	store.Settings
	asked  atomic.Int64
	broken atomic.Bool
}

func (s *settings) Setting(ctx context.Context, name string) (json.RawMessage, error) {
	s.asked.Add(1)
	if s.broken.Load() {
		return nil, errors.New("the store is down")
	}
	return s.Settings.Setting(ctx, name)
}

func newSettings(t testing.TB) *settings {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &settings{Settings: s}
}

func open(t testing.TB, o invocationlog.Options) *invocationlog.Log {
	t.Helper()
	o.Spool.Dir = filepath.Join(t.TempDir(), "spool")
	l, err := invocationlog.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func to(bucket, prefix string) *bedrock.LoggingConfig {
	return &bedrock.LoggingConfig{S3Config: &bedrock.S3Config{BucketName: &bucket, KeyPrefix: &prefix}}
}

// logs says whether a call of the account would be recorded.
func logs(t *testing.T, l *invocationlog.Log) bool {
	t.Helper()
	call, err := l.Begin(account)
	if err != nil {
		t.Fatal(err)
	}
	return call != nil
}

// An account logs when it says so, and no longer; what it says outlives the log.
func TestConfiguration(t *testing.T) {
	s, objects := newSettings(t), folder.New(t.TempDir())
	l := open(t, invocationlog.Options{Settings: s, Objects: objects})
	ctx := t.Context()
	if got, err := l.Configuration(ctx, account); got != nil || err != nil || logs(t, l) {
		t.Errorf("at first: %v, %v", got, err)
	}
	config := to("logs", "team/")
	config.ImageDataDeliveryEnabled = new(false)
	if err := l.Configure(ctx, account, config); err != nil {
		t.Fatal(err)
	}
	if !logs(t, l) {
		t.Error("it does not log at once")
	}
	if _, err := objects.Stat(ctx, objectstore.Name{Bucket: "logs", Key: "team/AWSLogs/123456789012/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check"}); err != nil {
		t.Error(err)
	}
	want := &bedrock.LoggingConfig{
		S3Config: config.S3Config, TextDataDeliveryEnabled: new(true), ImageDataDeliveryEnabled: new(false),
		EmbeddingDataDeliveryEnabled: new(true), VideoDataDeliveryEnabled: new(true), AudioDataDeliveryEnabled: new(true),
	}
	other := open(t, invocationlog.Options{Settings: s, Objects: objects})
	got, err := other.Configuration(ctx, account)
	if d := cmp.Diff(want, got); d != "" || err != nil || !logs(t, other) {
		t.Error(err, d)
	}
	if err := l.Reset(ctx, account); err != nil || logs(t, l) {
		t.Errorf("it logs yet, or %v", err)
	}
	if err := l.Reset(ctx, account); err != nil {
		t.Errorf("once more: %v", err)
	}
}

// What cannot be is refused, and changes nothing.
func TestConfigurationRefused(t *testing.T) {
	s := newSettings(t)
	l := open(t, invocationlog.Options{Settings: s, Objects: denied{folder.New(t.TempDir())}})
	cloudWatch := to("logs", "")
	cloudWatch.CloudWatchConfig = &bedrock.CloudWatchConfig{LogGroupName: new("group"), RoleArn: new("arn:aws:iam::123456789012:role/r")}
	for want, config := range map[string]*bedrock.LoggingConfig{
		"no CloudWatch Logs":   cloudWatch,
		"no destination":       {},
		"bucket name":          to("No Bucket", ""),
		"key prefix a//b":      to("logs", "a//b"),
		"key prefix a/../b":    to("logs", "a/../b"),
		"control characters":   to("logs", "a\x00b"),
		"longer than":          to("logs", strings.Repeat("x", 1000)),
		"validate permissions": to("logs", ""),
	} {
		err := l.Configure(t.Context(), account, config)
		refused, ok := errors.AsType[*bedrock.ValidationException](err)
		if !ok || !strings.Contains(refused.Message, want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if logs(t, l) {
		t.Error("the account logs")
	}
}

// denied is a store that nobody may write to.
type denied struct{ objectstore.Store }

func (denied) Put(context.Context, objectstore.Name, objectstore.Content) error {
	return objectstore.ErrDenied
}

// The operator's default is for those who have not said.
func TestDefault(t *testing.T) {
	l := open(t, invocationlog.Options{Settings: newSettings(t), Objects: folder.New(t.TempDir()), Default: to("all", "")})
	if got, err := l.Configuration(t.Context(), account); err != nil || *got.S3Config.BucketName != "all" || !logs(t, l) {
		t.Errorf("%v, %v", got, err)
	}
}

// The store is asked once a second for each account. When it does not answer, what
// it said last holds; where it said nothing, a log that may not miss a call refuses.
func TestSettingsAreRemembered(t *testing.T) {
	s, objects := newSettings(t), folder.New(t.TempDir())
	dir := t.TempDir()
	if err := open(t, invocationlog.Options{Settings: s, Objects: objects}).Configure(t.Context(), account, to("logs", "")); err != nil {
		t.Fatal(err)
	}
	known := answered{s.Settings, t, s}
	synctest.Test(t, func(t *testing.T) {
		for _, when := range []invocationlog.WhenFull{invocationlog.Drop, invocationlog.Refuse} {
			s.broken.Store(false)
			s.asked.Store(0)
			l, err := invocationlog.Open(invocationlog.Options{Settings: known, Objects: objects, WhenFull: when, Spool: spool.Options{Dir: filepath.Join(dir, string(when))}})
			if err != nil {
				t.Fatal(err)
			}
			for range 10 {
				if !logs(t, l) {
					t.Error("it does not log")
				}
			}
			time.Sleep(1100 * time.Millisecond)
			if !logs(t, l) || s.asked.Load() != 2 {
				t.Errorf("the store was asked %d times", s.asked.Load())
			}
			s.broken.Store(true)
			time.Sleep(1100 * time.Millisecond)
			if !logs(t, l) {
				t.Error("what was known is forgotten")
			}
			_, err = l.Begin("000000000000")
			if _, refused := errors.AsType[*bedrock.ServiceUnavailableException](err); refused != (when == invocationlog.Refuse) {
				t.Errorf("%s: %v", when, err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// silent is a store that answers once, and then no more.
type silent struct {
	store.Settings
	asked atomic.Int64
}

func (s *silent) Setting(ctx context.Context, _ string) (json.RawMessage, error) {
	if s.asked.Add(1) > 1 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return json.RawMessage(`{"s3Config":{"bucketName":"logs"}}`), nil
}

// A store that does not answer holds up one call of an account, and that not for long.
func TestSettingsAreSilent(t *testing.T) {
	objects, dir := folder.New(t.TempDir()), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l, err := invocationlog.Open(invocationlog.Options{Settings: new(silent), Objects: objects, Spool: spool.Options{Dir: dir}})
		if err != nil {
			t.Fatal(err)
		}
		if !logs(t, l) {
			t.Error("it does not log")
		}
		time.Sleep(1100 * time.Millisecond)
		start := time.Now()
		var calling sync.WaitGroup
		var held atomic.Int64
		for range 10 {
			calling.Go(func() {
				if call, err := l.Begin(account); call == nil || err != nil {
					t.Errorf("%v, %v", call, err)
				}
				if time.Since(start) > 0 {
					held.Add(1)
				}
			})
		}
		calling.Wait()
		if n, took := held.Load(), time.Since(start); n != 1 || took > time.Second {
			t.Errorf("%d calls were held up, for %v", n, took)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// answered has the one document of a store, so that a test's clock need not wait for
// a database.
type answered struct {
	store.Settings
	t *testing.T
	s *settings
}

func (a answered) Setting(context.Context, string) (json.RawMessage, error) {
	a.s.asked.Add(1)
	if a.s.broken.Load() {
		return nil, errors.New("the store is down")
	}
	return json.RawMessage(`{"s3Config":{"bucketName":"logs"}}`), nil
}

// Objects of logs cannot be named by callers, however the key is written.
func TestHide(t *testing.T) {
	plain := folder.New(t.TempDir())
	hidden := invocationlog.Hide(plain)
	for key, want := range map[string]error{
		"AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1/2026/11/25/12/x.json.gz":  objectstore.ErrDenied,
		"a/b/awslogs/123456789012/BEDROCKModelInvocationLogs/us-east-1/data/x_input.json.gz": objectstore.ErrDenied,
		"AWSLogs//123456789012/BedrockModelInvocationLogs/x":                                 objectstore.ErrDenied,
		"AWSLogs/123456789012/CloudTrail/x":                                                  nil,
		"BedrockModelInvocationLogs/AWSLogs/x":                                               nil,
		"x":                                                                                  nil,
	} {
		name := objectstore.Name{Bucket: "logs", Key: key}
		if !strings.Contains(key, "//") {
			if err := plain.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader("x")}); err != nil {
				t.Fatal(err)
			}
		}
		object, err := hidden.Get(t.Context(), name, 10)
		if err == nil {
			object.Body.Close()
		}
		if _, statErr := hidden.Stat(t.Context(), name); !errors.Is(err, want) || !errors.Is(statErr, want) {
			t.Errorf("%s: %v, %v", key, err, statErr)
		}
	}
}

// facts are those of a call that went well.
func facts() *invocationlog.Facts {
	return &invocationlog.Facts{
		RequestID: "id", Operation: "Converse", Account: account, Principal: "arn:aws:iam::123456789012:user/ada", Region: "us-east-1",
		Model: "amazon.nova-lite-v1:0", Time: time.Now(), InputTokens: 1, OutputTokens: 2,
		Request: []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("What is saprolite? ", 50) + `"}]}]}`),
	}
}

func answer() *bedrock.ConverseResponse {
	return &bedrock.ConverseResponse{Output: bedrock.ConverseOutput{Message: &bedrock.Message{
		Role: bedrock.ConversationRoleAssistant, Content: []bedrock.ContentBlock{{Text: new(strings.Repeat("Soft rock. ", 50))}},
	}}}
}

// A caller may sign for any region, and the record has a place all the same.
func TestRegions(t *testing.T) {
	objects := folder.New(t.TempDir())
	l := open(t, invocationlog.Options{Settings: newSettings(t), Objects: objects, Default: to("logs", "")})
	for region, want := range map[string]string{"eu-central-1": "eu-central-1", "..": "other", "": "other", "A\x00": "other"} {
		call, err := l.Begin(account)
		if err != nil {
			t.Fatal(err)
		}
		call.Shape(answer())
		f := facts()
		f.Region = region
		call.End(f)
		if err := l.Flush(t.Context()); err != nil {
			t.Fatalf("%q: %v", region, err)
		}
		found := false
		for _, err := range objects.List(t.Context(), "logs", "AWSLogs/123456789012/BedrockModelInvocationLogs/"+want+"/") {
			found = err == nil
		}
		if !found {
			t.Errorf("%q has no record", region)
		}
	}
}

func BenchmarkOff(b *testing.B) {
	l := open(b, invocationlog.Options{Settings: newSettings(b), Objects: folder.New(b.TempDir())})
	record(b, l)
}

func BenchmarkOn(b *testing.B) {
	l := open(b, invocationlog.Options{Settings: newSettings(b), Objects: folder.New(b.TempDir()), Default: to("logs", "")})
	record(b, l)
}

func record(b *testing.B, l *invocationlog.Log) {
	shape, f := answer(), facts()
	b.ReportAllocs()
	for b.Loop() {
		call, err := l.Begin(account)
		if err != nil {
			b.Fatal(err)
		}
		call.Shape(shape)
		call.End(f)
	}
}
