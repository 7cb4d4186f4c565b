package bedrock_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/bedrock"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/provider/script"
	"github.com/saprolite/saprolite/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// claude is a model whose answers say which stop sequence ended them.
const claude = "anthropic.claude-3-haiku-20240307-v1:0"

// upstream is another Saprolite: it verifies signatures and answers by a script.
type upstream struct {
	*httptest.Server
	providertest.Activity

	mu     sync.Mutex
	path   string
	header http.Header
}

func newUpstream(t testing.TB, rules string) *upstream {
	t.Helper()
	answers, err := script.Parse("rules.yaml", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	u := new(upstream)
	u.Server = httptest.NewServer(u.counted(newServer(t, answers, identity.NewSigV4(identity.DevelopmentKeys{}))))
	return u
}

// newServer makes a server whose every model is the provider.
func newServer(t testing.TB, from provider.Provider, callers identity.Authenticator) http.Handler {
	t.Helper()
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{{ID: "*", Provider: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	return server.New(server.Options{
		Pipeline: &pipeline.Pipeline{Catalog: models, Providers: map[string]provider.Provider{"p": from}},
		Formats:  all.Formats(), Identity: callers, MaxBody: 1 << 20, RequestTimeout: time.Minute,
		Log: slog.New(slog.DiscardHandler),
	})
}

// counted notes which requests are under way.
func (u *upstream) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		u.path, u.header = r.URL.EscapedPath(), r.Header.Clone()
		u.mu.Unlock()
		defer u.Begin()()
		next.ServeHTTP(w, r)
	})
}

// options are those of a provider of the upstream.
func (u *upstream) options() bedrock.Options {
	return bedrock.Options{
		Region: "us-east-1", Endpoint: u.URL,
		AccessKeyID: identity.DevelopmentKeyID, SecretAccessKey: identity.DevelopmentSecret,
	}
}

func newProvider(t testing.TB, o bedrock.Options) *bedrock.Provider {
	t.Helper()
	// What a person's machine is configured to be is no part of the test.
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	p, err := bedrock.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rules answer what the suite asks.
var rules = fmt.Sprintf(`
rules:
  - when: {text: hello}
    reply: Hello there, friend.
  - when: {text: endless}
    reply: %q
  - when: {text: count}
    reply: 1 2 3 4 5 6
  - when: {text: "What is the capital of France?"}
    reply: " of France is Paris."
  - when: {text: think}
    reply:
      - {reasoning: Hm., signature: c2ln}
      - {toolUse: {name: look, id: tooluse_1, input: {a: 1}}}
  - when: {text: throttled}
    error: ThrottlingException
  - when: {text: not ready}
    error: ModelNotReadyException
  - when: {text: model}
    error: {type: ModelErrorException, message: Out of memory., originalStatusCode: 500, resourceName: r}
  - when: {text: denied}
    error: {type: AccessDeniedException, message: "arn:aws:iam::1:role/secret may not."}
  - when: {text: broken}
    reply: It was a dark night.
    error: {type: ModelStreamErrorException, message: Gone., originalStatusCode: 502, originalMessage: bad, after: 2}
`, strings.Repeat("la ", 500))
