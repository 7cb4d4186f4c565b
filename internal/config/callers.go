package config

import (
	"fmt"
	"net/url"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// Auth is a way of proving who calls.
type Auth string

// The ways of Auth.
const (
	// AuthSigV4 verifies the signature of every request, with the development key.
	AuthSigV4 Auth = "sigv4"
	// AuthIAM takes the credentials of the principals that are declared or were made,
	// and holds each to its policies.
	AuthIAM Auth = "iam"
	// AuthNone takes every request, on loopback addresses alone.
	AuthNone Auth = "none"
)

func (Auth) values() []string { return []string{string(AuthSigV4), string(AuthIAM), string(AuthNone)} }

// IdentityProvider is an OpenID Connect provider, such as a Kubernetes cluster or
// GitHub Actions.
type IdentityProvider struct {
	// Issuer is its URL.
	Issuer string `yaml:"issuer"`
	// Audiences are those that its tokens must be for, one of them.
	Audiences []string `yaml:"audiences"`
	// CAFile holds the certificates, in PEM, that the provider's is signed with;
	// empty for those that the machine trusts.
	CAFile string `yaml:"caFile"`
	// TokenFile holds a bearer token that the provider asks for, as the API server of
	// a Kubernetes cluster does; empty for one that talks to everybody.
	TokenFile string `yaml:"tokenFile"`
}

// Proxies are reverse proxies whose word about their clients counts.
type Proxies struct {
	// Peers are the addresses, or the networks in CIDR form, that they connect from.
	Peers []string `yaml:"peers"`
	// Hosts are the names by which clients call them, with the port if clients name
	// one. Proxies that send X-Forwarded-Host need none.
	Hosts []string `yaml:"hosts"`
}

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
