package identity_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

func mustAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestRequireLoopback(t *testing.T) {
	for address, want := range map[net.Addr]bool{
		&net.UnixAddr{Name: "/run/saprolite.sock", Net: "unix"}:            true,
		net.TCPAddrFromAddrPort(mustAddrPort("127.0.0.1:8484")):            true,
		net.TCPAddrFromAddrPort(mustAddrPort("127.8.0.1:8484")):            true,
		net.TCPAddrFromAddrPort(mustAddrPort("[::1]:8484")):                true,
		net.TCPAddrFromAddrPort(mustAddrPort("[::ffff:127.0.0.1]:8484")):   true,
		net.TCPAddrFromAddrPort(mustAddrPort("0.0.0.0:8484")):              false,
		net.TCPAddrFromAddrPort(mustAddrPort("[::]:8484")):                 false,
		net.TCPAddrFromAddrPort(mustAddrPort("192.168.1.2:8484")):          false,
		net.TCPAddrFromAddrPort(mustAddrPort("[::ffff:192.168.1.2]:8484")): false,
		&net.TCPAddr{Port: 8484}:                                           false,
		net.UDPAddrFromAddrPort(mustAddrPort("127.0.0.1:8484")):            false,
	} {
		err := identity.RequireLoopback(address)
		if (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && !strings.Contains(err.Error(), address.String()) {
			t.Errorf("%v does not name %s", err, address)
		}
	}
}

func TestNoneByAddress(t *testing.T) {
	for _, test := range []struct {
		local, remote string
		want          bool
	}{
		{"127.0.0.1:8484", "127.0.0.1:50000", true},
		{"[::1]:8484", "[::1]:50000", true},
		{"[::ffff:127.0.0.1]:8484", "[::ffff:127.0.0.1]:50000", true},
		{"10.0.0.1:8484", "10.0.0.2:50000", false},
		{"10.0.0.1:8484", "10.0.0.1:50000", false},
		{"10.0.0.1:8484", "127.0.0.1:50000", false},
		{"127.0.0.1:8484", "10.0.0.2:50000", false},
		{"127.0.0.1:8484", "", false},
		{"127.0.0.1:8484", "@", false},
		{"127.0.0.1:8484", "localhost:50000", false},
		{"[fe80::1%25eth0]:8484", "[fe80::2%25eth0]:50000", false},
	} {
		r := connected(httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), test.local, test.remote)
		_, err := identity.Authenticate(t.Context(), identity.None{}, r, nil)
		if (err == nil) != test.want {
			t.Errorf("%s to %s: %v", test.remote, test.local, err)
		}
		if err != nil {
			wantRefusal(t, err, "AccessDeniedException", "Requests without authentication")
		}
	}
}

// TestPages has a browser of this machine send what pages of others ask for.
func TestPages(t *testing.T) {
	for origin, want := range map[string]bool{
		"": true, "http://localhost:3000": true, "http://app.localhost": true, "https://127.0.0.1:8484": true, "http://[::1]:1": true,
		"http://evil.example": false, "http://localhost.evil.example": false, "http://203.0.113.9": false, "null": false, "file://": false, "%": false,
	} {
		r := signedRequest(t, identity.DevelopmentKeyID, identity.DevelopmentSecret, time.Now())
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		r = connected(r, "127.0.0.1:8484", "127.0.0.1:50000")
		_, none := identity.Authenticate(t.Context(), identity.None{}, r, nil)
		_, key := identity.Authenticate(t.Context(), identity.NewSigV4(identity.DevelopmentKeys{}), r, body)
		if (none == nil) != want || (key == nil) != want {
			t.Errorf("%q: %v, %v", origin, none, key)
		}
	}
}

// TestNoneUnknownListener refuses what did not come through a listener.
func TestNoneUnknownListener(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:50000"
	_, err := identity.Authenticate(t.Context(), identity.None{}, r, nil)
	wantRefusal(t, err, "AccessDeniedException", "Requests without authentication")
}

// TestNoneOverListeners goes through real listeners and both protocols, since the
// addresses that a request carries are the server's to give.
func TestNoneOverListeners(t *testing.T) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(network+" "+version, func(t *testing.T) {
				got := get(t, listen(t, network, address), version)
				if want := version + " arn:aws:iam::000000000000:root none"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

// listen serves the principal that each request has.
func listen(t *testing.T, network, address string) net.Addr {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.RequireLoopback(listener.Addr()); err != nil {
		t.Error(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, err := identity.Authenticate(r.Context(), identity.None{}, r, nil)
		if err != nil {
			_, _ = io.WriteString(w, err.Error())
			return
		}
		_, _ = io.WriteString(w, r.Proto+" "+principal.ARN+" "+string(principal.Method))
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Config.Protocols = protocols("HTTP/1.1", "HTTP/2.0")
	server.Start()
	t.Cleanup(server.Close)
	return listener.Addr()
}

func get(t *testing.T, address net.Addr, version string) string {
	t.Helper()
	transport := &http.Transport{
		Protocols: protocols(version),
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, address.Network(), address.String())
		},
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func protocols(versions ...string) *http.Protocols {
	p := new(http.Protocols)
	for _, version := range versions {
		if version == "HTTP/1.1" {
			p.SetHTTP1(true)
		} else {
			p.SetUnencryptedHTTP2(true)
		}
	}
	return p
}
