package identity

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// SourceIP gives the address that a request comes from, which is aws:SourceIp. When
// its peer is one of the proxies, it is the last address of X-Forwarded-For that is
// not: what stands before that may be anybody's word. A unix socket has none.
func SourceIP(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap().WithZone("")
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(forwarded) {
		if !slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(address) }) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break
		}
		address = next.Unmap().WithZone("")
	}
	return address
}

// Secure says whether a request came encrypted, which is aws:SecureTransport. When its
// peer is one of the proxies and tells by X-Forwarded-Proto how its client came, that
// is what counts.
func Secure(r *http.Request, proxies []netip.Prefix) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err == nil && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap().WithZone("")) }) {
		told := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
		if last := strings.TrimSpace(told[len(told)-1]); last != "" {
			return strings.EqualFold(last, "https")
		}
	}
	return r.TLS != nil
}
