package authority_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/transport"
	"github.com/saprolite/saprolite/internal/transport/authority"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = 24 * time.Hour

// opened is an authority at a time, and what it shows.
func opened(t *testing.T, dir string, now time.Time, names ...string) (*authority.Authority, *x509.Certificate) {
	t.Helper()
	a, err := authority.Open(t.Context(), authority.Options{
		Dir: dir, Names: names, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, shown(t, a)
}

func shown(t *testing.T, a transport.Certificates) *x509.Certificate {
	t.Helper()
	pair, err := a.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf
}

func trusted(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	content, err := os.ReadFile(authority.CAFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		t.Fatal("the file holds no certificate")
	}
	return pool
}

// A client that trusts the authority connects by every name of the server, and by no
// other.
func TestNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	a, _ := opened(t, dir, time.Now(), "bedrock.example.com", "*.team.example.com", "10.1.2.3", "localhost")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	config := transport.Encryption{Certificates: a}.Config()
	for name, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, host: true,
		"bedrock.example.com": true, "red.team.example.com": true, "10.1.2.3": true,
		"example.com": false, "10.1.2.4": false,
	} {
		server, client := net.Pipe()
		var shaking sync.WaitGroup
		shaking.Go(func() { tls.Server(server, config).HandshakeContext(t.Context()) })
		err := tls.Client(client, &tls.Config{RootCAs: trusted(t, dir), ServerName: name}).HandshakeContext(t.Context())
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
		client.Close()
		server.Close()
		shaking.Wait()
	}
}

func TestKeysArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	dir := t.TempDir()
	opened(t, dir, time.Now())
	for name, want := range map[string]fs.FileMode{"ca.key": 0o600, "server.key": 0o600, "ca.pem": 0o644, "server.pem": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		// The mask of the process may take bits away.
		if got := info.Mode().Perm(); got&^want != 0 || got&0o600 != 0o600 {
			t.Errorf("the mode of %s is %v", name, got)
		}
	}
}

// What is there is used again for as long as it is good.
func TestReuse(t *testing.T) {
	start := time.Now()
	for _, test := range []struct {
		name             string
		later            time.Duration
		names            []string
		damage           string
		sameCA, sameLeaf bool
	}{
		{"at once", 0, nil, "", true, true},
		{"months later", 300 * day, nil, "", true, true},
		{"near the end", 310 * day, nil, "", true, false},
		{"after the end", 1000 * day, nil, "", true, false},
		{"at the end of the authority", 10 * 365 * day, nil, "", false, false},
		{"a name more", 0, []string{"new.example.com"}, "", true, false},
		{"certificate gone", 0, nil, "server.pem", true, false},
		{"key gone", 0, nil, "server.key", true, false},
		{"authority gone", 0, nil, "ca.pem", false, false},
	} {
		dir := t.TempDir()
		_, before := opened(t, dir, start)
		ca := read(t, authority.CAFile(dir))
		if test.damage != "" {
			if err := os.Remove(filepath.Join(dir, test.damage)); err != nil {
				t.Fatal(err)
			}
		}
		now := start.Add(test.later)
		_, after := opened(t, dir, now, test.names...)
		if same := bytes.Equal(ca, read(t, authority.CAFile(dir))); same != test.sameCA {
			t.Errorf("%s: the same authority: %v", test.name, same)
		}
		if same := before.Equal(after); same != test.sameLeaf {
			t.Errorf("%s: the same certificate: %v", test.name, same)
		}
		if _, err := after.Verify(x509.VerifyOptions{Roots: trusted(t, dir), CurrentTime: now.Add(59 * day)}); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// An authority that clients trust is not replaced because its key is lost.
func TestLostKey(t *testing.T) {
	dir := t.TempDir()
	opened(t, dir, time.Now())
	if err := os.Remove(filepath.Join(dir, "ca.key")); err != nil {
		t.Fatal(err)
	}
	ca := read(t, authority.CAFile(dir))
	if _, err := authority.Open(t.Context(), authority.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a new authority is made")
	}
	if !bytes.Equal(ca, read(t, authority.CAFile(dir))) {
		t.Error("the certificate of the authority has changed")
	}
}

// Servers that start together on one folder end up with the same authority.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	var starting sync.WaitGroup
	made := make([]*authority.Authority, 8)
	for i := range made {
		starting.Go(func() {
			var err error
			made[i], err = authority.Open(t.Context(), authority.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	if t.Failed() {
		return
	}
	for _, a := range made {
		if !shown(t, a).Equal(shown(t, made[0])) {
			t.Error("they show different certificates")
		}
	}
}

// A server that runs for a year has a new certificate in time, which counts at once.
func TestRenewal(t *testing.T) {
	now := time.Now()
	a, err := authority.Open(t.Context(), authority.Options{
		Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	first := shown(t, a)
	for _, test := range []struct {
		after time.Duration
		same  bool
	}{{0, true}, {304 * day, true}, {2 * day, false}} {
		now = now.Add(test.after)
		if err := a.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		if same := shown(t, a).Equal(first); same != test.same {
			t.Errorf("%v before its end, the certificate is the same: %v", first.NotAfter.Sub(now), same)
		}
	}
	if left := shown(t, a).NotAfter.Sub(now); left < 364*day {
		t.Errorf("the new certificate is good for %v", left)
	}
}

// Run ends when it is told to.
func TestRun(t *testing.T) {
	a, _ := opened(t, t.TempDir(), time.Now())
	ctx, stop := context.WithCancel(t.Context())
	stop()
	a.Run(ctx)
}
