package main

import "github.com/saprolite/saprolite/internal/config"

// entrance is what the commands that know the server's address say about where it
// serves, and for whom.
type entrance struct {
	TLS    string   `name:"tls" help:"auto makes a certificate authority and a certificate in the data folder, for https." placeholder:"auto" enum:"auto," default:""`
	Listen []string `help:"Address to serve on: host:port, or unix: and a path. May be given several times. Default 127.0.0.1:8484." placeholder:"ADDR" sep:"none"`
	Auth   string   `help:"How callers prove who they are: sigv4 or none (both on loopback only), or iam. Default sigv4." placeholder:"WAY" enum:"sigv4,iam,none," default:""`
}

// set lets the flags win over the configuration.
func (e entrance) set(c *config.Config) {
	if len(e.Listen) > 0 {
		c.Listen = config.At(e.Listen...)
	}
	if e.Auth != "" {
		c.Auth = config.Auth(e.Auth)
	}
	if e.TLS == "auto" {
		c.TLS.Auto = true
		c.TLS.CertFile, c.TLS.KeyFile, c.TLS.ACME = "", "", config.ACME{}
	}
}
