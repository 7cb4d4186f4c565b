package transport

import (
	"crypto/tls"
	"slices"
)

// challenge is the protocol by which a certificate authority looks whether a name is
// the server's (RFC 8737).
const challenge = "acme-tls/1"

// Encryption is how a socket speaks TLS.
type Encryption struct {
	// Certificates are what the server shows.
	Certificates Certificates
	// Clients are what certificates of clients must be signed with, and ClientAuth
	// says whether they must have one. Nil asks for none.
	Clients    *Authorities
	ClientAuth tls.ClientAuthType
	// Challenges lets certificate authorities ask for the proofs that Certificates
	// have for them.
	Challenges bool
}

// Config is the configuration of package tls: TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2.
func (e Encryption) Config() *tls.Config {
	base := e.plain("h2", "http/1.1")
	if e.Clients == nil && !e.Challenges {
		return base
	}
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if e.Challenges && slices.Equal(hello.SupportedProtos, []string{challenge}) {
			// An authority has no certificate of a client. Nothing is served by this
			// protocol: net/http closes the connection after the handshake.
			return e.plain(challenge), nil
		}
		c := e.plain("h2", "http/1.1")
		if e.Clients != nil {
			c.ClientAuth, c.ClientCAs = e.ClientAuth, e.Clients.pool.get()
		}
		return c, nil
	}
	return base
}

func (e Encryption) plain(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     protocols,
		GetCertificate: e.Certificates.GetCertificate,
	}
}
