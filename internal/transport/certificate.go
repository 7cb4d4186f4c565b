package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
)

// Certificates are what the server shows. They are safe for concurrent use.
type Certificates interface {
	// GetCertificate is tls.Config.GetCertificate.
	GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error)
	// Run renews them until ctx ends. What cannot be renewed stays as it is, and is
	// told in the log.
	Run(ctx context.Context)
}

// Files is a certificate and its key in two files in PEM, which are followed. It
// implements [Certificates].
type Files struct{ pair followed[*tls.Certificate] }

// LoadFiles reads a certificate and its key.
func LoadFiles(certFile, keyFile string, log *slog.Logger) (*Files, error) {
	f := &Files{followed[*tls.Certificate]{
		paths: []string{certFile, keyFile}, what: "the certificate", log: log,
		read: func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &pair, err
		},
	}}
	return f, f.pair.refresh()
}

// GetCertificate implements [Certificates].
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.pair.get(), nil
}

// Run implements [Certificates].
func (f *Files) Run(ctx context.Context) { f.pair.run(ctx) }

// Refresh reads the files now if they have changed. After an error the certificate is
// what it was.
func (f *Files) Refresh() error { return f.pair.refresh() }

// Authorities are the certificates, in a file in PEM, that those of clients must be
// signed with. The file is followed.
type Authorities struct{ pool followed[*x509.CertPool] }

// LoadAuthorities reads the certificates of a file.
func LoadAuthorities(path string, log *slog.Logger) (*Authorities, error) {
	a := &Authorities{followed[*x509.CertPool]{
		paths: []string{path}, what: "the authorities of clients", log: log,
		read: func() (*x509.CertPool, error) {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(content) {
				return nil, errors.New(path + " holds no certificate")
			}
			return pool, nil
		},
	}}
	return a, a.pool.refresh()
}

// Run follows the file until ctx ends.
func (a *Authorities) Run(ctx context.Context) { a.pool.run(ctx) }

// Refresh reads the file now if it has changed. After an error the authorities are
// what they were.
func (a *Authorities) Refresh() error { return a.pool.refresh() }
