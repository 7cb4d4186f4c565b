package app

import (
	"fmt"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/transport"
)

// connectionRules say who callers without credentials are.
func connectionRules(c *config.Config, people identity.Principals) (identity.ConnectionOptions, error) {
	rules := identity.ConnectionOptions{Principals: people}
	for _, p := range c.TLS.Clients.Principals {
		rules.Certificates = append(rules.Certificates, identity.CertificateRule{
			URI: p.URI, DNS: p.DNS, CommonName: p.CommonName, Principal: p.Principal,
		})
	}
	for i, p := range c.Peers {
		rule := identity.PeerRule{Principal: p.Principal}
		var err error
		if rule.UID, err = number(p.User, transport.UserID); err == nil {
			rule.GID, err = number(p.Group, transport.GroupID)
		}
		if err != nil {
			return rules, c.Problem(fmt.Sprintf("peers[%d]", i), err.Error(), "name one of this machine, or give the number")
		}
		rules.Peers = append(rules.Peers, rule)
	}
	return rules, nil
}

// number gives what the system calls one of that name; nil for no name.
func number(name string, find func(string) (uint32, error)) (*uint32, error) {
	if name == "" {
		return nil, nil
	}
	id, err := find(name)
	return &id, err
}

// connections asks the rules where a request has no credentials.
func connections(rules identity.ConnectionOptions, credentials identity.Authenticator) identity.Authenticator {
	if len(rules.Certificates) == 0 && len(rules.Peers) == 0 {
		return credentials
	}
	rules.Credentials = credentials
	return identity.NewConnections(rules)
}
