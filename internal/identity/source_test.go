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
