package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/transport"
)

// Listeners are the open sockets of the program.
type Listeners struct {
	// API are those of the configuration, in its order.
	API []*transport.Listener
	// Admin is for those who run the server; nil without one.
	Admin *transport.Listener
}

// Close closes all of them.
func (l *Listeners) Close() error {
	var err error
	for _, listener := range l.all() {
		err = errors.Join(err, listener.Close())
	}
	return err
}

func (l *Listeners) all() []*transport.Listener {
	if l.Admin == nil {
		return l.API
	}
	return append(l.API[:len(l.API):len(l.API)], l.Admin)
}

// Listen opens the sockets of the configuration, all of them or none. Where callers
// use credentials that everybody knows, it refuses an address that other machines
// reach. One that they reach and that is not encrypted is told in the log.
func (a *App) Listen() (*Listeners, error) {
	if err := a.tls.open(context.Background()); err != nil {
		return nil, err
	}
	open := new(Listeners)
	for _, l := range a.config.Listen {
		listener, err := a.listen(l)
		if err == nil {
			open.API = append(open.API, listener)
		}
		if err == nil && a.config.Auth != config.AuthIAM {
			err = identity.RequireLoopback(listener.Addr())
		}
		if err != nil {
			return nil, errors.Join(err, open.Close())
		}
		a.warnOfPlain(listener, l)
	}
	if l := a.config.Admin.Listen; l.Address != "" {
		var err error
		if open.Admin, err = a.listen(l); err != nil {
			return nil, errors.Join(err, open.Close())
		}
	}
	return open, nil
}

func (a *App) listen(l config.Listener) (*transport.Listener, error) {
	if err := config.CheckAddress(l.Address); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	o := transport.Options{Address: l.Address, Allow: l.Networks(), Mode: fs.FileMode(l.Mode), Group: l.Group, Log: a.log}
	if a.config.Encrypted(l) {
		o.TLS = a.tls.encrypt(l)
	}
	return transport.Listen(o)
}

// encrypt is how a listener speaks TLS.
func (t *encryption) encrypt(l config.Listener) *tls.Config {
	e := transport.Encryption{Certificates: t.certificates, Challenges: t.challenges}
	demand := l.ClientCertificate
	if demand == "" {
		demand = t.demand
	}
	switch {
	case t.clients == nil || demand == config.ClientsNone:
	case demand == config.ClientsOptional:
		e.Clients, e.ClientAuth = t.clients, tls.VerifyClientCertIfGiven
	default:
		e.Clients, e.ClientAuth = t.clients, tls.RequireAndVerifyClientCert
	}
	return e.Config()
}

// warnOfPlain tells of prompts, answers and API keys that go over a network for
// everybody on it to read.
func (a *App) warnOfPlain(listener *transport.Listener, l config.Listener) {
	tcp, ok := listener.Addr().(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() || listener.Encrypted() {
		return
	}
	if len(a.config.Proxies.Peers) > 0 {
		if len(l.Allow) == 0 {
			a.log.Info("the proxies' way to this address is not encrypted, and not theirs alone: its key allow can name them", "listener", tcp.String())
		}
		return
	}
	a.log.Warn("this address can be reached from other machines and is not encrypted: whoever is on the way reads "+
		"prompts, answers and API keys, and can use the keys; start with --tls auto, add a certificate under tls, "+
		"or name the proxy that encrypts under proxies", "listener", tcp.String())
}
