package transport

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// refusalPause is the least time between two lines of the log about connections
// that were refused: anybody can make them.
const refusalPause = time.Minute

// allows says whether a peer may connect.
func (l *Listener) allows(peer net.Addr) bool {
	if len(l.allow) == 0 {
		return true
	}
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return false
	}
	address := tcp.AddrPort().Addr().Unmap().WithZone("")
	return slices.ContainsFunc(l.allow, func(network netip.Prefix) bool { return network.Contains(address) })
}

// refusals counts what was refused and tells of it now and then.
type refusals struct {
	log   *slog.Logger
	count atomic.Int64

	mu   sync.Mutex
	told time.Time
}

func (r *refusals) note(conn net.Conn) {
	count := r.count.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.told) < refusalPause {
		return
	}
	r.told = time.Now()
	r.log.Warn("a connection is refused: its network is not among those that the listener allows",
		"listener", conn.LocalAddr().String(), "peer", conn.RemoteAddr().String(), "refused", count)
}
