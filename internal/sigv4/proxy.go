package sigv4

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are reverse proxies that change the Host of the requests that they pass
// on. What a client signed is the name by which it called the proxy.
type Proxies struct {
	// Peers are the addresses from which the proxies connect. Without one that
	// holds a request's peer, the request came from no proxy.
	Peers []netip.Prefix
	// Names are the hosts, with the port if clients name one, by which clients
	// call the proxies. They need not be given for proxies that send
	// X-Forwarded-Host.
	Names []string
}

// Hosts is for [Verifier.Hosts]. Of the values of X-Forwarded-Host the last
// counts, which is the word of the proxy that is nearest; what stands before may
// be anybody's.
func (p Proxies) Hosts(r *http.Request) []string {
	if !p.hold(r.RemoteAddr) {
		return nil
	}
	values := r.Header.Values("X-Forwarded-Host")
	if len(values) == 0 {
		return p.Names
	}
	last := values[len(values)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	return append([]string{last}, p.Names...)
}

func (p Proxies) hold(peer string) bool {
	address, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	ip := address.Addr().Unmap().WithZone("")
	for _, prefix := range p.Peers {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}
