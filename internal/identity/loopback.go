package identity

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
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
