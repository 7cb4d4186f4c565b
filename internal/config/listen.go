package config

import (
	"io/fs"
	"net/netip"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/network"
)

// Listener is a socket to serve on. In the file it is its address alone, or a set of
// keys.
type Listener struct {
	// Address is host:port, or unix: and a path.
	Address string `yaml:"address"`
	// TLS says whether a TCP address speaks TLS; nil is whether the file has a
	// certificate.
	TLS *bool `yaml:"tls"`
	// ClientCertificate is what TLS asks of clients here; empty is
	// TLS.Clients.Certificate.
	ClientCertificate ClientCertificate `yaml:"clientCertificate"`
	// Allow are the addresses, or the networks in CIDR form, from which connections
	// are taken; none takes all.
	Allow []string `yaml:"allow"`
	// Mode and Group say who may connect to a unix socket. A mode of 0 is 0600. Group
	// is a name or a number; empty is the process's own.
	Mode  Mode   `yaml:"mode"`
	Group string `yaml:"group"`
}

// At gives listeners with no settings but their addresses.
func At(addresses ...string) []Listener {
	listeners := make([]Listener, len(addresses))
	for i, address := range addresses {
		listeners[i].Address = address
	}
	return listeners
}

// short implements shorthand.
func (l *Listener) short(text string) { l.Address = text }

// Unix gives the path of a unix socket.
func (l Listener) Unix() (path string, ok bool) { return strings.CutPrefix(l.Address, unixPrefix) }

// Networks are what Allow says.
func (l Listener) Networks() []netip.Prefix { return networks(l.Allow) }

// Encrypted says whether a listener speaks TLS.
func (c *Config) Encrypted(l Listener) bool {
	if _, unix := l.Unix(); unix {
		return false
	}
	if l.TLS != nil {
		return *l.TLS
	}
	return c.TLS.Enabled()
}

// Mode is the permissions of a file, in the file written in octal digits.
type Mode fs.FileMode

func parseMode(text string) (Mode, error) {
	bits, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err == nil && bits > 0o777 {
		err = strconv.ErrRange
	}
	return Mode(bits), err
}

// Admin is the socket for those who run the server.
type Admin struct {
	// Listen has no address when there is none. It speaks TLS only if it says so.
	Listen Listener `yaml:"listen"`
}

func networks(texts []string) []netip.Prefix {
	var found []netip.Prefix
	for _, text := range texts {
		// What is no network was refused in the file.
		if n, err := network.Parse(text); err == nil {
			found = append(found, n)
		}
	}
	return found
}
