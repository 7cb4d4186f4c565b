package identity

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// RequireLoopback refuses the address of a listener that other machines can
// reach. A server whose callers use the development key, or no key at all, calls
// it for each of its listeners before it serves.
func RequireLoopback(listener net.Addr) error {
	if isLoopback(listener) {
		return nil
	}
	return fmt.Errorf("%s can be reached from other machines, but the development key and requests without "+
		"authentication are for this one alone: listen on 127.0.0.1, [::1] or unix:PATH", listener)
}

func isLoopback(address net.Addr) bool {
	switch address := address.(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		return address.IP.IsLoopback()
	}
	return false
}

// fromLoopback reports whether r came through a unix socket, or from a loopback
// address to one. What is not known to be so is not.
func fromLoopback(r *http.Request) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if _, ok := local.(*net.UnixAddr); ok {
		return true
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().IsLoopback() && isLoopback(local)
}

// errPage is why a page is refused.
var errPage = errors.New("a browser sent it for a page of another machine, which may use neither the development key " +
	"nor go without authentication")

// fromPage reports whether a browser sent r for a page that is not of this machine. It
// comes from a loopback address, but whoever made the page may have written it: the
// development key is no secret, and a name can be led to 127.0.0.1.
func fromPage(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return slices.ContainsFunc(origins, func(origin string) bool {
		page, err := url.Parse(origin)
		return err != nil || !isThisMachine(page.Hostname())
	})
}

func isThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
