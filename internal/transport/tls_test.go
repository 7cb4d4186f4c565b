package transport_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/saprolite/saprolite/internal/transport"
)

// get asks for the root and gives the answer and the name in the server's
// certificate.
func get(ctx context.Context, web *http.Client, address string) (text, shown string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address, nil)
	if err != nil {
		return "", "", err
	}
	resp, err := web.Do(r)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), resp.TLS.PeerCertificates[0].Subject.CommonName, err
}

func protocolOf(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }

// Under load a certificate is replaced again and again. No request fails, by either
// protocol, on old connections and new ones.
func TestReloadUnderLoad(t *testing.T) {
	ca, at := newAuthority(t), newFiles(t)
	certificate, key := ca.pair(t, "0")
	at.write(t, certificate, key)
	certificates := load(t, at)
	listener := serve(t, transport.Options{
		Address: "127.0.0.1:0", TLS: transport.Encryption{Certificates: certificates}.Config(),
	}, protocolOf)
	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	var answers atomic.Int64
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, keep := range []bool{true, false} {
			over := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.pool()}, DisableKeepAlives: !keep, ForceAttemptHTTP2: protocol == "HTTP/2.0"}
			web := client(t, over)
			asking.Go(func() {
				for ctx.Err() == nil {
					text, _, err := get(t.Context(), web, listener.Addr().String())
					if text != protocol || err != nil {
						t.Errorf("%q, %v", text, err)
						return
					}
					answers.Add(1)
				}
			})
		}
	}
	web := client(t, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.pool()}, DisableKeepAlives: true})
	for n := range 20 {
		want := fmt.Sprint(n + 1)
		certificate, key := ca.pair(t, want)
		at.write(t, certificate, key)
		if err := certificates.Refresh(); err != nil {
			t.Error(err)
		}
		if _, shown, err := get(t.Context(), web, listener.Addr().String()); shown != want || err != nil {
			t.Errorf("certificate %s is shown, not %s: %v", shown, want, err)
		}
	}
	stop()
	asking.Wait()
	if answers.Load() < 20 {
		t.Errorf("%d answers are no load", answers.Load())
	}
}

// What cannot be read leaves the certificate as it was, and what is mended counts.
func TestBrokenPair(t *testing.T) {
	ca, at := newAuthority(t), newFiles(t)
	certificate, key := ca.pair(t, "first")
	at.write(t, certificate, key)
	certificates := load(t, at)
	shows := func(want string) {
		t.Helper()
		shown, err := certificates.GetCertificate(nil)
		if err != nil || shown.Leaf.Subject.CommonName != want {
			t.Errorf("%v, %v is shown, not %s", shown.Leaf.Subject, err, want)
		}
	}
	if err := certificates.Refresh(); err != nil {
		t.Error(err)
	}
	second, secondKey := ca.pair(t, "second")
	replace(t, at.cert, second) // and the key is still that of the first
	for range 2 {
		if err := certificates.Refresh(); err == nil {
			t.Error("a certificate with another key is taken")
		}
		shows("first")
	}
	replace(t, at.key, secondKey)
	if err := certificates.Refresh(); err != nil {
		t.Error(err)
	}
	shows("second")
	if _, err := transport.LoadFiles(at.cert, at.cert, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a certificate is taken for a key")
	}
}

// Run follows the files without being asked, and tells of trouble once.
func TestRunFollows(t *testing.T) {
	ca, at := newAuthority(t), newFiles(t)
	certificate, key := ca.pair(t, "first")
	at.write(t, certificate, key)
	told := make(chan string, 10)
	certificates, err := transport.LoadFiles(at.cert, at.key, slog.New(tell{slog.DiscardHandler, told}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { certificates.Run(ctx) })
	defer running.Wait()
	defer stop()
	replace(t, at.cert, []byte("nothing"))
	if text := <-told; !strings.Contains(text, "could not be read anew") {
		t.Errorf("%q is told", text)
	}
	at.write(t, certificate, key)
	if text := <-told; !strings.Contains(text, "was read anew") {
		t.Errorf("%q is told", text)
	}
}

// tell hands on what is logged.
type tell struct {
	slog.Handler
	told chan<- string
}

func (tell) Enabled(context.Context, slog.Level) bool { return true }

func (h tell) Handle(_ context.Context, r slog.Record) error {
	h.told <- r.Message
	return nil
}

// A client needs a certificate of the authorities, where one is asked for; when they
// change, no old session helps it.
func TestClientCertificates(t *testing.T) {
	ca, others, at := newAuthority(t), newAuthority(t), newFiles(t)
	certificate, key := ca.pair(t, "server")
	at.write(t, certificate, key)
	trusted := newFiles(t).cert
	replace(t, trusted, ca.pem)
	clients, err := transport.LoadAuthorities(trusted, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	certificates := load(t, at)
	whom := func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.VerifiedChains) == 0 {
			fmt.Fprint(w, "nobody")
			return
		}
		fmt.Fprint(w, r.TLS.VerifiedChains[0][0].Subject.CommonName)
	}
	mine, theirs := ca.client(t, "alice"), others.client(t, "mallory")
	for _, test := range []struct {
		name string
		auth tls.ClientAuthType
		// want is the answer to a client with a certificate of ours, of others, and
		// with none.
		mine, theirs, none string
	}{
		{"required", tls.RequireAndVerifyClientCert, "alice", "", ""},
		{"optional", tls.VerifyClientCertIfGiven, "alice", "", "nobody"},
	} {
		listener := serve(t, transport.Options{
			Address: "127.0.0.1:0",
			TLS:     transport.Encryption{Certificates: certificates, Clients: clients, ClientAuth: test.auth}.Config(),
		}, whom)
		ask := func(own *tls.Certificate, sessions tls.ClientSessionCache) string {
			settings := &tls.Config{RootCAs: ca.pool(), ClientSessionCache: sessions}
			if own != nil {
				// Certificates would leave one out that the server does not ask for.
				settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
			}
			over := &http.Transport{TLSClientConfig: settings, DisableKeepAlives: true, ForceAttemptHTTP2: true}
			text, _, err := get(t.Context(), client(t, over), listener.Addr().String())
			if (err == nil) != (text != "") {
				t.Errorf("%q, %v", text, err)
			}
			return text
		}
		if got := ask(&mine, nil); got != test.mine {
			t.Errorf("%s: ours gets %q", test.name, got)
		}
		if got := ask(&theirs, nil); got != test.theirs {
			t.Errorf("%s: another's gets %q", test.name, got)
		}
		if got := ask(nil, nil); got != test.none {
			t.Errorf("%s: without one %q", test.name, got)
		}
		sessions := tls.NewLRUClientSessionCache(8)
		for range 2 {
			if got := ask(&mine, sessions); got != test.mine {
				t.Errorf("%s: with a session %q", test.name, got)
			}
		}
		replace(t, trusted, others.pem)
		if err := clients.Refresh(); err != nil {
			t.Error(err)
		}
		if got := ask(&mine, sessions); got != "" {
			t.Errorf("%s: when its authority is gone it gets %q", test.name, got)
		}
		if got := ask(&theirs, nil); got != "mallory" {
			t.Errorf("%s: of the new authority %q", test.name, got)
		}
		replace(t, trusted, ca.pem)
		if err := clients.Refresh(); err != nil {
			t.Error(err)
		}
	}
	replace(t, trusted, []byte("nothing"))
	if err := clients.Refresh(); err == nil {
		t.Error("a file without certificates is taken")
	}
}
