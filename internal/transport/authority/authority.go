// Package authority is a certificate authority for one server: made in a folder at
// the first start, it signs what the server shows, so that clients which trust it can
// use TLS where no public authority gives a certificate.
//
// The folder holds ca.pem, which clients trust, its key ca.key, and the server's own
// certificate and key. Several processes may share it.
package authority

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/filelock"
	"github.com/saprolite/saprolite/internal/transport"
)

const (
	// caLife and leafLife are how long new certificates are good.
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 365 * 24 * time.Hour
	// spare is what must be left of either; with less it is made anew.
	spare = 60 * 24 * time.Hour
	// every is how often that is looked at.
	every = time.Hour
	// lockTime bounds the wait for another process at the folder.
	lockTime = 30 * time.Second
)

// Options are what an authority is made of.
type Options struct {
	// Dir is the folder.
	Dir string
	// Names are those of the server beside localhost and the machine's: DNS names
	// and addresses.
	Names []string
	// Log takes what is made.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Authority implements [transport.Certificates].
type Authority struct {
	options Options
	*transport.Files
}

// CAFile is the path of the certificate that clients trust.
func CAFile(dir string) string { return filepath.Join(dir, "ca.pem") }

// Open reads what is in the folder, and makes what is missing or near its end.
func Open(ctx context.Context, o Options) (*Authority, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Authority{options: o}
	if err := a.renew(ctx); err != nil {
		return nil, err
	}
	files, err := transport.LoadFiles(a.path("server.pem"), a.path("server.key"), o.Log)
	a.Files = files
	return a, err
}

// Run implements [transport.Certificates].
func (a *Authority) Run(ctx context.Context) {
	var following sync.WaitGroup
	following.Go(func() { a.Files.Run(ctx) })
	defer following.Wait()
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if err := a.Renew(ctx); err != nil && ctx.Err() == nil {
			a.options.Log.Error("the certificate could not be renewed", "error", err)
		}
	}
}

// Renew makes what is near its end, as Run does each hour, and shows it.
func (a *Authority) Renew(ctx context.Context) error {
	if err := a.renew(ctx); err != nil {
		return err
	}
	return a.Refresh()
}

func (a *Authority) path(name string) string { return filepath.Join(a.options.Dir, name) }

// renew makes what is missing or near its end.
func (a *Authority) renew(ctx context.Context) error {
	if err := os.MkdirAll(a.options.Dir, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	unlock, err := filelock.Lock(ctx, a.path("lock"))
	if err != nil {
		return err
	}
	defer unlock()
	ca, err := a.ca()
	if err != nil {
		return err
	}
	names := a.names()
	if a.serves(ca, names) {
		return nil
	}
	a.options.Log.Info("a certificate is made for the server", "names", names)
	return a.makeLeaf(ca, names)
}

// ca reads the authority, or makes it.
func (a *Authority) ca() (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(a.path("ca.pem"), a.path("ca.key"))
	switch {
	case err == nil && a.left(pair.Leaf) > spare:
		return pair, nil
	case err != nil && !isMissing(a.path("ca.pem")):
		// Clients trust it: they must not lose it because of an accident.
		return pair, fmt.Errorf("the certificate authority in %s: %w; mend it, or delete the folder for a new one", a.options.Dir, err)
	}
	a.options.Log.Info("a certificate authority is made; clients must trust it", "file", a.path("ca.pem"))
	return a.makeCA()
}

func isMissing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}

// serves says whether the server's certificate is good for a while, for the names.
func (a *Authority) serves(ca tls.Certificate, names []string) bool {
	pair, err := tls.LoadX509KeyPair(a.path("server.pem"), a.path("server.key"))
	if err != nil || pair.Leaf.CheckSignatureFrom(ca.Leaf) != nil || a.left(pair.Leaf) <= spare {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !isFor(pair.Leaf, name) })
}

func isFor(leaf *x509.Certificate, name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		return slices.ContainsFunc(leaf.IPAddresses, ip.Equal)
	}
	return slices.Contains(leaf.DNSNames, name)
}

func (a *Authority) left(certificate *x509.Certificate) time.Duration {
	return certificate.NotAfter.Sub(a.options.Now())
}

// names are all names of the server, each once.
func (a *Authority) names() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	host, _ := os.Hostname() // without it the others do
	for _, name := range append([]string{host}, a.options.Names...) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
