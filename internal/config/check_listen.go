package config

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/network"
)

// checkTransport judges how requests come in.
func (d *decoder) checkTransport(c *Config) {
	if len(c.Listen) == 0 {
		d.fail("listen", "there is no address to serve on", "write 127.0.0.1:8484, or delete the line")
	}
	for i, l := range c.Listen {
		d.checkListener(fmt.Sprintf("listen[%d]", i), l, c)
	}
	d.checkTLS(c.TLS)
	d.checkClients(c)
	d.checkPeers(c)
	if c.Admin.Listen.Address != "" {
		d.checkListener("admin.listen", c.Admin.Listen, c)
		d.checkAdmin(c)
	}
}

func (d *decoder) checkListener(key string, l Listener, c *Config) {
	if e, ok := errors.AsType[*FormError](CheckAddress(l.Address)); ok {
		d.fail(key, e.What, e.Remedy)
		return
	}
	d.checkNetworks(key+".allow", l.Allow)
	_, unix := l.Unix()
	switch {
	case unix && len(l.Allow) > 0:
		d.fail(key+".allow", "nobody connects to a unix socket from a network", "say by mode and group who may connect")
	case unix && (l.TLS != nil && *l.TLS || l.ClientCertificate != ""):
		d.fail(key, "a unix socket is not encrypted", "delete what is said of TLS here")
	case !unix && (l.Mode != 0 || l.Group != ""):
		d.fail(key, "an address has no mode and no group", "delete them, or take unix: and a path")
	case l.TLS != nil && *l.TLS && !c.TLS.Enabled():
		d.fail(key+".tls", "there is no certificate", "add \"tls: {auto: true}\", or the files of one")
	case l.ClientCertificate != "" && (c.TLS.Clients.CAFile == "" || !c.Encrypted(l)):
		d.fail(key+".clientCertificate", "no certificate can be asked for", "add tls.clients.caFile, and speak TLS here")
	}
}

func (d *decoder) checkNetworks(key string, texts []string) {
	for i, text := range texts {
		if _, err := network.Parse(text); err != nil {
			d.fail(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%q is neither an address nor a network", text), "write it as 10.0.0.5 or 10.0.0.0/24")
		}
	}
}

// hostName passes names, also with a * for the first part.
var hostName = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (d *decoder) checkTLS(t TLS) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		d.fail("tls", "a certificate needs its key, and a key its certificate", "give both certFile and keyFile")
	}
	ways := 0
	for _, way := range []bool{t.Auto, t.CertFile+t.KeyFile != "", len(t.ACME.Domains) > 0} {
		if way {
			ways++
		}
	}
	if ways > 1 {
		d.fail("tls", "there are several ways to a certificate", "keep one of auto, certFile with keyFile, and acme")
	}
	if len(t.Names) > 0 && !t.Auto {
		d.fail("tls.names", "no certificate is made", "add \"auto: true\", or delete the line")
	}
	for i, name := range t.Names {
		if !hostName.MatchString(name) && net.ParseIP(name) == nil {
			d.fail(fmt.Sprintf("tls.names[%d]", i), fmt.Sprintf("%q is neither a name nor an address", name), "write it as bedrock.example.com or 10.0.0.5")
		}
	}
	for i, name := range t.ACME.Domains {
		if !hostName.MatchString(name) || strings.Contains(name, "*") || net.ParseIP(name) != nil {
			d.fail(fmt.Sprintf("tls.acme.domains[%d]", i), fmt.Sprintf("%q is no name that this server can show to be its own", name), "write it as bedrock.example.com")
		}
	}
	if len(t.ACME.Domains) == 0 && t.ACME.Email+t.ACME.Directory+t.ACME.CAFile != "" {
		d.fail("tls.acme", "the domains are missing", "add \"domains: \" and the names of this server")
	}
	if t.ACME.Directory != "" && !strings.HasPrefix(t.ACME.Directory, "https://") {
		d.fail("tls.acme.directory", fmt.Sprintf("%q is no directory of an authority", t.ACME.Directory), "write it as https://acme-v02.api.letsencrypt.org/directory")
	}
}

func (d *decoder) checkClients(c *Config) {
	clients := c.TLS.Clients
	switch {
	case clients.CAFile == "" && (clients.Certificate != "" || len(clients.Principals) > 0):
		d.fail("tls.clients", "nothing says whose certificates count", "add \"caFile: \" and a file of authorities")
	case clients.CAFile != "" && !c.TLS.Enabled():
		d.fail("tls.clients", "clients show certificates to a server that has one", "add \"auto: true\", or the files of a certificate")
	case len(clients.Principals) > 0 && c.Auth != AuthIAM:
		d.fail("tls.clients.principals", "nobody asks for principals", "add \"auth: iam\", or delete the lines")
	}
	for i, p := range clients.Principals {
		key := fmt.Sprintf("tls.clients.principals[%d]", i)
		names := slices.DeleteFunc([]string{p.URI, p.DNS, p.CommonName}, func(name string) bool { return name == "" })
		if len(names) != 1 {
			d.fail(key, "one name of the certificate must be there", "give one of uri, dns and commonName")
		}
		d.checkPrincipal(key, p.Principal)
	}
}

func (d *decoder) checkPeers(c *Config) {
	if len(c.Peers) > 0 && c.Auth != AuthIAM {
		d.fail("peers", "nobody asks for principals", "add \"auth: iam\", or delete the lines")
	}
	for i, p := range c.Peers {
		key := fmt.Sprintf("peers[%d]", i)
		if p.User == "" && p.Group == "" {
			d.fail(key, "nothing says who is meant", "give user, group or both")
		}
		d.checkPrincipal(key, p.Principal)
	}
}

func (d *decoder) checkPrincipal(key, principal string) {
	if !strings.HasPrefix(principal, "arn:aws:iam::") || !strings.Contains(principal, ":user/") && !strings.Contains(principal, ":role/") {
		d.fail(key+".principal", fmt.Sprintf("%q is no ARN of a user or a role", principal), "write it as arn:aws:iam::123456789012:user/alice")
	}
}

// checkAdmin keeps what is for those who run the server from the networks, unless it
// is encrypted.
func (d *decoder) checkAdmin(c *Config) {
	l := c.Admin.Listen
	if _, unix := l.Unix(); unix || c.Encrypted(l) {
		return
	}
	host, _, _ := net.SplitHostPort(l.Address)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		d.fail("admin.listen", l.Address+" can be reached from other machines, and is not encrypted", "write 127.0.0.1:8485 or unix: and a path, or add \"tls: true\"")
	}
}
