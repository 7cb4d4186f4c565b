package app

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/transport"
	"github.com/saprolite/saprolite/internal/transport/acme"
	"github.com/saprolite/saprolite/internal/transport/authority"
)

// encryption is what TLS needs.
type encryption struct {
	// certificates is nil without TLS.
	certificates transport.Certificates
	challenges   bool
	// clients is nil when nobody is asked for a certificate.
	clients *transport.Authorities
	demand  config.ClientCertificate
	// auto is set when the certificate is still to be made.
	auto *authority.Options
}

// CAFile is the certificate of the authority that tls.auto makes: what clients must
// trust.
func CAFile(dataDir string) string { return authority.CAFile(authorityDir(dataDir)) }

func authorityDir(dataDir string) string { return filepath.Join(dataDir, "tls") }

// newEncryption reads or prepares the certificates that the configuration asks for.
func newEncryption(o Options) (*encryption, error) {
	settings := o.Config.TLS
	e := &encryption{demand: settings.Clients.Certificate}
	var err error
	switch {
	case settings.Auto:
		e.auto = &authority.Options{Dir: authorityDir(o.DataDir), Names: serverNames(o.Config), Log: o.Log}
	case settings.CertFile != "":
		e.certificates, err = transport.LoadFiles(settings.CertFile, settings.KeyFile, o.Log)
		if err != nil {
			return nil, o.Config.Problem("tls", err.Error(), "certFile must hold a certificate in PEM, and keyFile its key")
		}
	case len(settings.ACME.Domains) > 0:
		e.challenges = true
		if e.certificates, err = newACME(o); err != nil {
			return nil, err
		}
	}
	if settings.Clients.CAFile == "" {
		return e, nil
	}
	e.clients, err = transport.LoadAuthorities(settings.Clients.CAFile, o.Log)
	if err != nil {
		return nil, o.Config.Problem("tls.clients.caFile", err.Error(), "name a file with certificates in PEM")
	}
	return e, nil
}

// open makes the certificate that is to be made: only a program that serves needs it.
func (e *encryption) open(ctx context.Context) error {
	if e.auto == nil {
		return nil
	}
	made, err := authority.Open(ctx, *e.auto)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	e.certificates = made
	return nil
}

func newACME(o Options) (transport.Certificates, error) {
	settings := o.Config.TLS.ACME
	address := ""
	for _, l := range o.Config.Listen {
		if address == "" && o.Config.Encrypted(l) {
			address = l.Address
		}
	}
	if address == "" {
		return nil, o.Config.Problem("tls.acme", "no address speaks TLS", "add one to listen as 0.0.0.0:443")
	}
	manager, err := acme.New(acme.Options{
		Domains: settings.Domains, Email: settings.Email, Directory: settings.Directory, CAFile: settings.CAFile,
		Address: address, Dir: filepath.Join(o.DataDir, "acme"), Log: o.Log,
	})
	if err != nil {
		return nil, o.Config.Problem("tls.acme", err.Error(), "caFile must hold a certificate in PEM")
	}
	return manager, nil
}

// serverNames are the configured ones, and the hosts of the addresses.
func serverNames(c *config.Config) []string {
	names := c.TLS.Names[:len(c.TLS.Names):len(c.TLS.Names)]
	for _, l := range append(c.Listen[:len(c.Listen):len(c.Listen)], c.Admin.Listen) {
		host, _, err := net.SplitHostPort(l.Address)
		_, unix := l.Unix()
		if ip := net.ParseIP(host); unix || err != nil || host == "" || ip != nil && ip.IsUnspecified() {
			continue
		}
		names = append(names, host)
	}
	return names
}

// run keeps certificates fresh until ctx ends.
func (e *encryption) run(ctx context.Context) {
	var running sync.WaitGroup
	if e.certificates != nil {
		running.Go(func() { e.certificates.Run(ctx) })
	}
	if e.clients != nil {
		running.Go(func() { e.clients.Run(ctx) })
	}
	running.Wait()
}
