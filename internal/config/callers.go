package config

import (
	"fmt"
	"net/url"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// checkCallers judges what is said about who calls.
func (d *decoder) checkCallers(c *Config) {
	if c.Principals != "" && c.Auth != AuthIAM {
		d.fail("principals", "nobody asks for principals", "add \"auth: iam\", or delete the line")
	}
	if len(c.IdentityProviders) > 0 && c.Auth != AuthIAM {
		d.fail("identityProviders", "nobody asks for tokens", "add \"auth: iam\", or delete the lines")
	}
	for i, p := range c.IdentityProviders {
		key := fmt.Sprintf("identityProviders[%d]", i)
		if u, err := url.Parse(p.Issuer); err != nil || u.Host == "" {
			d.fail(key+".issuer", fmt.Sprintf("%q is no address of a provider", p.Issuer), "write it as https://token.actions.githubusercontent.com")
		}
		if len(p.Audiences) == 0 {
			d.fail(key, "the audiences are missing", "add \"audiences: [sts.amazonaws.com]\"")
		}
	}
	d.checkNetworks("proxies.peers", c.Proxies.Peers)
	if len(c.Proxies.Hosts) > 0 && len(c.Proxies.Peers) == 0 {
		d.fail("proxies.hosts", "no proxy has an address", "add peers, from which the proxies connect")
	}
}

// Trusted gives the proxies as package sigv4 takes them.
func (p Proxies) Trusted() sigv4.Proxies {
	return sigv4.Proxies{Names: p.Hosts, Peers: networks(p.Peers)}
}
