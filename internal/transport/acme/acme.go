// Package acme gets certificates from a certificate authority that speaks ACME (RFC
// 8555), such as Let's Encrypt, and renews them in time.
//
// The authority connects to port 443 of each domain to see that it leads here, by the
// challenge tls-alpn-01 on the very socket that serves; no other port is needed. The
// work is done by package certmagic.
package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// Options are what a Manager is made of. Domains, Address and Dir are required.
type Options struct {
	// Domains are the names to get certificates for.
	Domains []string
	// Email is told to the authority, which writes when something is wrong. It may be
	// empty.
	Email string
	// Directory is the URL of the authority; empty is Let's Encrypt.
	Directory string
	// CAFile holds, in PEM, what the authority's own certificate is signed with;
	// empty for what the machine trusts.
	CAFile string
	// Address is the socket that serves, host:port.
	Address string
	// Dir is the folder of certificates and keys. Servers that share it get each
	// certificate once.
	Dir string
	// Log takes what was got, and what was not.
	Log *slog.Logger
}

// Manager implements transport.Certificates.
type Manager struct {
	options Options
	roots   *x509.CertPool
	host    string
	port    int
	// current is nil before Run.
	current atomic.Pointer[certmagic.Config]
}

// New makes a manager. It asks nobody before Run.
func New(o Options) (*Manager, error) {
	m := &Manager{options: o}
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, err
	}
	m.host = host
	if m.port, err = strconv.Atoi(port); err != nil {
		return nil, err
	}
	if o.CAFile == "" {
		return m, nil
	}
	content, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, err
	}
	m.roots = x509.NewCertPool()
	if !m.roots.AppendCertsFromPEM(content) {
		return nil, errors.New(o.CAFile + " holds no certificate")
	}
	return m, nil
}

var errNotReady = errors.New("the server has no certificate yet")

// GetCertificate implements transport.Certificates. Until the first certificate is
// there, handshakes fail.
func (m *Manager) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	magic := m.current.Load()
	if magic == nil {
		return nil, errNotReady
	}
	return magic.GetCertificate(hello)
}

// Run implements transport.Certificates. The socket must be served meanwhile.
func (m *Manager) Run(ctx context.Context) {
	// What matters is told by events.
	quiet := zap.NewNop()
	var magic *certmagic.Config
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return magic, nil },
		Logger:           quiet,
	})
	defer cache.Stop()
	magic = certmagic.New(cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: m.options.Dir},
		OnEvent: m.tell,
		Logger:  quiet,
		// A client that names no server, as one that connects by address, gets the
		// first of them.
		DefaultServerName: m.options.Domains[0],
	})
	magic.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(magic, certmagic.ACMEIssuer{
		CA:                   m.options.Directory,
		Email:                m.options.Email,
		Agreed:               true,
		TrustedRoots:         m.roots,
		DisableHTTPChallenge: true,
		ListenHost:           m.host,
		AltTLSALPNPort:       m.port,
		Logger:               quiet,
	})}
	m.current.Store(magic)
	if err := magic.ManageAsync(ctx, m.options.Domains); err != nil {
		m.options.Log.Error("no certificate can be got", "error", err)
	}
	<-ctx.Done()
}

// tell writes what happened to the log.
func (m *Manager) tell(_ context.Context, event string, data map[string]any) error {
	domain := fmt.Sprint(data["identifier"])
	switch event {
	case "cert_obtained":
		m.options.Log.Info("a certificate was got", "domain", domain, "authority", data["issuer"])
	case "cert_failed":
		m.options.Log.Error("a certificate was not got; it is tried again", "domain", domain, "error", data["error"])
	}
	return nil
}
