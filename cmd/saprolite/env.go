package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
)

// defaultRegion is what requests are signed for where nobody says another.
const defaultRegion = "us-east-1"

type envCommand struct {
	setup
	entrance
}

// Run prints what points AWS SDKs to a server with this configuration.
func (c *envCommand) Run() error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	c.entrance.set(settings)
	for _, l := range settings.Listen {
		if _, unix := l.Unix(); unix {
			continue
		}
		lines := environment("http://"+fromHere(l.Address), settings)
		if settings.Encrypted(l) {
			trust, err := c.trust(settings)
			if err != nil {
				return err
			}
			lines = append(environment("https://"+fromHere(l.Address), settings), trust...)
		}
		fmt.Println(strings.Join(lines, "\n"))
		if settings.Auth == config.AuthIAM {
			fmt.Fprintln(os.Stderr, "To this belongs a key, which \"saprolite keys create USER\" shows.")
		}
		return nil
	}
	return errors.New("the configuration has unix sockets alone, which no variable names: add an address as 127.0.0.1:8484 to listen")
}

// fromHere is an address as programs of this machine name it, which can call no
// server at "all addresses".
func fromHere(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip, _ := netip.ParseAddr(host); err == nil && (host == "" || ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// environment gives the lines that point every AWS SDK to the endpoint. The key is
// among them where everybody knows it.
func environment(endpoint string, c *config.Config) []string {
	lines := []string{
		"export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + endpoint,
		"export AWS_ENDPOINT_URL_BEDROCK=" + endpoint,
	}
	if c.Auth == config.AuthIAM {
		lines = append(lines, "export AWS_ENDPOINT_URL_STS="+endpoint)
	} else {
		lines = append(lines,
			"export AWS_ACCESS_KEY_ID="+identity.DevelopmentKeyID,
			"export AWS_SECRET_ACCESS_KEY="+identity.DevelopmentSecret)
	}
	region := defaultRegion
	if len(c.Regions) > 0 {
		region = c.Regions[0]
	}
	return append(lines,
		"export AWS_REGION="+region,
		"export AWS_DEFAULT_REGION="+region) // the one that boto3 and version 1 of the CLI read
}
