package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/telemetry"
)

// pingTime bounds the wait for the state to answer.
const pingTime = 2 * time.Second

// adminServer answers those who run the server: whether it lives, whether it takes
// requests, what it counts, and how full the quotas are.
func (a *App) adminServer() *http.Server {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	routes.HandleFunc("GET /readyz", a.ready)
	routes.HandleFunc("GET /quotas", a.showQuotas)
	routes.Handle("/", telemetry.Handler(a.watch.metrics))
	return &http.Server{
		Handler:           ownNames(routes),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
}

// ownNames refuses requests over plain loopback that call this server by a name of the
// public DNS. A page in a browser can have its name lead to 127.0.0.1, and would read
// what is in memory.
func ownNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if local != nil && local.IP.IsLoopback() && r.TLS == nil && !isOwnName(r.Host) {
			http.Error(w, "call this server localhost, or by its address", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwnName passes addresses, and names that no public DNS has.
func isOwnName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !strings.Contains(host, ".") {
		return true
	}
	return slices.ContainsFunc([]string{".localhost", ".internal", ".local"}, func(end string) bool { return strings.HasSuffix(host, end) })
}

// ready says whether the next request has a chance. Whoever is told no sends it to
// another node.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		http.Error(w, "the server ends", http.StatusServiceUnavailable)
		return
	}
	if a.state != nil {
		ctx, cancel := context.WithTimeout(r.Context(), pingTime)
		defer cancel()
		if err := a.pinged(a.state.Ping(ctx)); err != nil {
			http.Error(w, "the state does not answer", http.StatusServiceUnavailable)
			return
		}
	}
	if a.watch.trail != nil && a.watch.trail.Refuses() {
		http.Error(w, "the audit trail cannot be written", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// pinged tells the log that the state does not answer, and that it does again: probes
// come every few seconds.
func (a *App) pinged(err error) error {
	switch was := a.silent.Swap(err != nil); {
	case err != nil && !was:
		a.log.Warn("the state does not answer", "error", err)
	case err == nil && was:
		a.log.Info("the state answers again")
	}
	return err
}
