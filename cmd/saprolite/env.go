package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/saprolite/saprolite/internal/identity"
)

type envCommand struct {
	setup
	tlsFlag
}

// Run prints what points AWS SDKs to a server with this configuration.
func (c *envCommand) Run() error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	c.tlsFlag.set(settings)
	for _, l := range settings.Listen {
		if _, unix := l.Unix(); unix {
			continue
		}
		lines := environment("http://" + l.Address)
		if settings.Encrypted(l) {
			trust, err := c.trust(settings)
			if err != nil {
				return err
			}
			lines = append(environment("https://"+l.Address), trust...)
		}
		fmt.Println(strings.Join(lines, "\n"))
		return nil
	}
	return errors.New("the configuration has unix sockets alone, which no variable names: add an address as 127.0.0.1:8484 to listen")
}

// environment gives the lines that point every AWS SDK to the endpoint.
func environment(endpoint string) []string {
	return []string{
		"export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + endpoint,
		"export AWS_ENDPOINT_URL_BEDROCK=" + endpoint,
		"export AWS_ACCESS_KEY_ID=" + identity.DevelopmentKeyID,
		"export AWS_SECRET_ACCESS_KEY=" + identity.DevelopmentSecret,
		"export AWS_REGION=us-east-1",
		"export AWS_DEFAULT_REGION=us-east-1", // the one that boto3 and version 1 of the CLI read
	}
}
