package identity_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/saprolite/saprolite/internal/identity"
)

// A proxy says how its client came; nobody else does.
func TestSecure(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	for _, test := range []struct {
		name, peer string
		encrypted  bool
		told       []string
		want       bool
	}{
		{"TLS", "192.0.2.1:1", true, nil, true},
		{"plain", "192.0.2.1:1", false, nil, false},
		{"plain, and says otherwise", "192.0.2.1:1", false, []string{"https"}, false},
		{"TLS, and says otherwise", "192.0.2.1:1", true, []string{"http"}, true},
		{"proxy that says nothing", "10.0.0.7:1", false, nil, false},
		{"proxy with TLS that says nothing", "10.0.0.7:1", true, nil, true},
		{"proxy", "10.0.0.7:1", false, []string{"https"}, true},
		{"proxy in IPv6 form", "[::ffff:10.0.0.7]:1", false, []string{"HTTPS"}, true},
		{"client without TLS", "10.0.0.7:1", true, []string{"http"}, false},
		{"the proxy's word is the last", "10.0.0.7:1", false, []string{"https", "http"}, false},
		{"in one header", "10.0.0.7:1", false, []string{"http, https"}, true},
		{"unix socket", "@", false, []string{"https"}, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		r.Header["X-Forwarded-Proto"] = test.told
		if test.encrypted {
			r.TLS = new(tls.ConnectionState)
		}
		if got := identity.Secure(r, proxies); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// What proxies say of the address before them counts, and nobody else's word.
func TestSourceIP(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/64")}
	for _, test := range []struct {
		name, peer string
		told       []string
		want       string
	}{
		{"no proxy", "192.0.2.1:1", nil, "192.0.2.1"},
		{"no proxy, and says otherwise", "192.0.2.1:1", []string{"198.51.100.1"}, "192.0.2.1"},
		{"proxy", "10.0.0.7:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"proxy that says nothing", "10.0.0.7:1", nil, "10.0.0.7"},
		{"two proxies", "10.0.0.7:1", []string{"198.51.100.1, 10.0.0.8"}, "198.51.100.1"},
		{"in two headers", "10.0.0.7:1", []string{"198.51.100.1", "10.0.0.8"}, "198.51.100.1"},
		{"the client's own word before", "10.0.0.7:1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"the client calls itself a proxy", "10.0.0.7:1", []string{"203.0.113.9, 10.0.0.9, 198.51.100.1"}, "198.51.100.1"},
		{"no address", "10.0.0.7:1", []string{"198.51.100.1, unknown"}, "10.0.0.7"},
		{"all are proxies", "10.0.0.7:1", []string{"10.0.0.8"}, "10.0.0.8"},
		{"IPv6", "[fd00::7]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv4 in IPv6 form", "[::ffff:10.0.0.7]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"unix socket", "@", []string{"198.51.100.1"}, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		r.Header["X-Forwarded-For"] = test.told
		if got := identity.SourceIP(r, proxies).String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
