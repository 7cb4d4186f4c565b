package acme_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/transport"
	"github.com/saprolite/saprolite/internal/transport/acme"
	"github.com/saprolite/saprolite/internal/transport/authority"
)

// certmagic has no way to end these: the workers and the locks of certificates to get
// end a few seconds after their work, and each authority has one limiter for good.
func TestMain(m *testing.M) {
	const magic = "github.com/caddyserver/certmagic."
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(magic+"(*jobManager).worker"),
		goleak.IgnoreAnyFunction(magic+"keepLockfileFresh"), goleak.IgnoreAnyFunction(magic+"(*RingBufferRateLimiter).loop"))
}

const patience = time.Minute

// domain leads to this machine everywhere.
const domain = "localhost"

// A certificate comes from a real authority, by the challenge on the very socket that
// serves, and from the folder the next time.
func TestPebble(t *testing.T) {
	address := freeAddress(t)
	directory, caFile, stop := startPebble(t, address)
	told := make(chan string, 100)
	options := acme.Options{
		Domains: []string{domain}, Directory: directory, CAFile: caFile, Address: address,
		Dir: filepath.Join(t.TempDir(), "acme"), Log: slog.New(tell{slog.DiscardHandler, told}),
	}
	t.Run("from the authority", func(t *testing.T) {
		serve(t, options)
		wait(t, told, "a certificate was got")
		shows(t, address)
	})
	t.Run("from the folder", func(t *testing.T) {
		stop() // nobody can be asked
		serve(t, options)
		shows(t, address)
	})
}

// An authority that is out of reach is told, and leaves no certificate.
func TestOutOfReach(t *testing.T) {
	told := make(chan string, 100)
	serve(t, acme.Options{
		Domains: []string{domain}, Directory: "https://127.0.0.1:1/dir", Address: freeAddress(t),
		Dir: t.TempDir(), Log: slog.New(tell{slog.DiscardHandler, told}),
	})
	wait(t, told, "was not got")
}

func TestNew(t *testing.T) {
	for _, o := range []acme.Options{
		{Domains: []string{domain}, Address: "localhost"},
		{Domains: []string{domain}, Address: "localhost:https"},
		{Domains: []string{domain}, Address: "localhost:1", CAFile: "missing.pem"},
		{Domains: []string{domain}, Address: "localhost:1", CAFile: "acme.go"},
	} {
		if _, err := acme.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	manager, err := acme.New(acme.Options{Domains: []string{domain}, Address: "localhost:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := manager.GetCertificate(&tls.ClientHelloInfo{ServerName: domain}); err == nil {
		t.Error("there is a certificate before the start")
	}
}

// serve answers on the socket until the test ends.
func serve(t *testing.T, o acme.Options) {
	t.Helper()
	manager, err := acme.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := transport.Listen(transport.Options{
		Address: o.Address, TLS: transport.Encryption{Certificates: manager, Challenges: true}.Config(),
	})
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }),
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { web.Serve(listener) })
	running.Go(func() { manager.Run(ctx) })
	t.Cleanup(func() {
		stop()
		web.Close()
		running.Wait()
	})
}

// shows asks until the server has a certificate for the domain that the authority
// signed.
func shows(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		dialer := &tls.Dialer{Config: &tls.Config{ServerName: domain, InsecureSkipVerify: true}}
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		if err != nil {
			continue
		}
		defer conn.Close()
		leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
		if err := leaf.VerifyHostname(domain); err != nil || !strings.Contains(leaf.Issuer.CommonName, "Pebble") {
			t.Errorf("the certificate of %s is shown: %v", leaf.Issuer, err)
		}
		return
	}
}

// wait waits for a line of the log.
func wait(t *testing.T, told <-chan string, text string) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case got := <-told:
			if strings.Contains(got, text) {
				return
			}
			t.Log(got)
		case <-timer.C:
			t.Fatalf("nothing tells %q", text)
		}
	}
}

// tell hands on what is logged.
type tell struct {
	slog.Handler
	told chan<- string
}

func (tell) Enabled(context.Context, slog.Level) bool { return true }

func (h tell) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	select {
	case h.told <- text:
	default:
	}
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// startPebble runs Let's Encrypt's authority for tests until the test ends. It looks
// for challenges at the port of the address.
func startPebble(t *testing.T, address string) (directory, caFile string, stop func()) {
	t.Helper()
	program := findPebble(t)
	dir := t.TempDir()
	if _, err := authority.Open(t.Context(), authority.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	listen := freeAddress(t)
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": listen, "managementListenAddress": "",
		"certificate": filepath.Join(dir, "server.pem"), "privateKey": filepath.Join(dir, "server.key"),
		"httpPort": 1, "tlsPort": json.RawMessage(port),
		"retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles":   map[string]any{"default": map[string]any{"description": "", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, settings, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-config", file, "-strict=false")
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	var log lines
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("the log of pebble:\n%s", &log)
		}
	})
	directory, caFile = "https://"+listen+"/dir", authority.CAFile(dir)
	answers(t, directory, caFile)
	return directory, caFile, stop
}

// findPebble looks where tests/install.sh puts it, and on PATH.
func findPebble(t *testing.T) string {
	t.Helper()
	program, err := filepath.Abs("../../../tests/.bin/pebble")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err == nil {
		return program
	}
	program, err = exec.LookPath("pebble")
	if err == nil {
		return program
	}
	const what = "pebble, an authority for tests, is needed: run tests/install.sh"
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
	return ""
}

// answers asks until somebody answers.
func answers(t *testing.T, url, caFile string) {
	t.Helper()
	content, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(content)
	over := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := over.RoundTrip(r)
		if err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			return
		}
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			t.Fatalf("pebble does not answer: %v", err)
		}
	}
}

// lines is a log that is written while it may be read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
