package bench_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/provider/script"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// BenchmarkTeam is a call without sockets, whose model is a script, with one thing
// more from line to line that holds callers to something: the differences are what
// each of them costs.
func BenchmarkTeam(b *testing.B) {
	says, err := script.Parse("rules.yaml", []byte("default: {reply: One two three.}"))
	if err != nil {
		b.Fatal(err)
	}
	house := newServer(b, says, slog.New(slog.DiscardHandler))
	for _, more := range []struct {
		name string
		add  func(*testing.B, *server.Server)
	}{
		{"nobody asks", func(*testing.B, *server.Server) {}},
		{"authentication", authenticated},
		{"authorisation", authorised},
		{"quotas", bounded},
		{"metering", metered},
	} {
		more.add(b, house)
		b.Run(more.name, func(b *testing.B) { team(b, house) })
	}
}

const (
	teamKey    = "AKIAEXAMPLEEXAMPLE00"
	teamSecret = "a secret that is forty characters long.."
	teamModel  = "anthropic.claude-3-haiku-20240307-v1:0"
)

// alice holds the one key that there is.
type alice struct{}

func (alice) Lookup(context.Context, string) (identity.Key, error) {
	return identity.Key{Secret: teamSecret, Principal: identity.Principal{
		ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012", UserID: "AIDAALICE", UserName: "alice",
		Tags: map[string]string{"team": "red"},
	}}, nil
}

func authenticated(_ *testing.B, house *server.Server) {
	house.Identity = identity.NewCredentials(identity.Options{Keys: alice{}})
}

// access is the policies of everybody.
type access struct{ *policy.Set }

func (a access) Policies(identity.Principal) (*policy.Set, error) { return a.Set, nil }

// authorised asks ten statements, the last of which allows.
func authorised(b *testing.B, house *server.Server) {
	var statements []string
	for i := range 9 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/vendor%d.*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}`, i))
	}
	statements = append(statements, `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/anthropic.*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}`)
	p, err := policy.Parse("ten", policy.Managed, []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`))
	if err != nil {
		b.Fatal(err)
	}
	house.Access = access{policy.Compile(policy.Policies{Identity: []*policy.Policy{p}})}
}

// bounded has a quota of requests and tokens for each caller and model, and one of
// places for all.
func bounded(b *testing.B, house *server.Server) {
	rules, err := quota.NewRules([]quota.Rule{
		{Name: "each", Per: []quota.Dimension{quota.PerPrincipal, quota.PerModel}, RequestsPerMinute: 1 << 40, TokensPerMinute: 1 << 40},
		{Name: "all", Concurrent: 1000},
	})
	if err != nil {
		b.Fatal(err)
	}
	limiter := memory.New(rules, nil)
	b.Cleanup(func() {
		if err := limiter.Close(); err != nil {
			b.Error(err)
		}
	})
	house.Pipeline.Quota = limiter
}

// metered prices each call, adds it to a budget, and keeps its record in SQLite.
func metered(b *testing.B, house *server.Server) {
	folder := b.TempDir()
	state, err := sqlite.Open(b.Context(), filepath.Join(folder, "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	journal, err := meter.OpenJournal(meter.JournalOptions{Dir: filepath.Join(folder, "usage"), Sink: state})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := journal.Close(); err != nil {
			b.Error(err)
		}
		if err := state.Close(); err != nil {
			b.Error(err)
		}
	})
	budgets := []meter.Budget{{Name: "all", Per: meter.FieldAccount, Only: "*", Period: meter.Monthly, Amount: 1 << 60}}
	house.Meter = &meter.Meter{
		Prices:  meter.NewPrices(meter.Price{Model: "anthropic.*", Rates: meter.Rates{Input: 250_000, Output: 1_250_000}}),
		Budgets: meter.NewBudgets(budgets, memory.New(nil, nil), nil, nil),
		Journal: journal,
	}
}

// team calls Converse with a signed body of a kilobyte.
func team(b *testing.B, house http.Handler) {
	here := context.WithValue(b.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	body := request(1 << 10)
	r := httptest.NewRequestWithContext(here, http.MethodPost, "http://localhost/model/"+strings.ReplaceAll(teamModel, ":", "%3A")+"/converse", bytes.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	sum := sha256.Sum256(body)
	err := v4.NewSigner().SignHTTP(here, aws.Credentials{AccessKeyID: teamKey, SecretAccessKey: teamSecret}, r, hex.EncodeToString(sum[:]), "bedrock", "us-east-1", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		again := r.WithContext(here)
		again.Body = io.NopCloser(bytes.NewReader(body))
		w := httptest.NewRecorder()
		if house.ServeHTTP(w, again); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
