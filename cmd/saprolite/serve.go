package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
)

type serveCommand struct {
	setup
	Listen []string `help:"Address to serve on: host:port, or unix: and a path. May be given several times. Default 127.0.0.1:8484." placeholder:"ADDR" sep:"none"`
	Auth   string   `help:"How callers prove who they are: sigv4 or none (both on loopback only). Default sigv4." placeholder:"WAY" enum:"sigv4,none," default:""`
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context) error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	if len(c.Listen) > 0 {
		settings.Listen = c.Listen
	}
	if c.Auth != "" {
		settings.Auth = config.Auth(c.Auth)
	}
	program, err := c.newApp(settings, newLog(settings.Log))
	if err != nil {
		return err
	}
	if err := program.Fetch(ctx); err != nil {
		return errors.Join(err, program.Close())
	}
	listeners, err := app.Listen(settings.Listen)
	if err != nil {
		return errors.Join(listenAdvice(err), program.Close())
	}
	greet(os.Stdout, listeners, settings)
	err = program.Serve(ctx, listeners)
	return err
}

// listenAdvice says what to do about an address that is taken.
func listenAdvice(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: another program serves there; end it, or choose another address with --listen", err)
	}
	return err
}

// greet prints where the server is and the lines to paste into a shell.
func greet(out io.Writer, listeners []net.Listener, c *config.Config) {
	scheme := "http"
	if c.TLS.CertFile != "" {
		scheme = "https"
	}
	endpoint := ""
	for _, listener := range listeners {
		address := listener.Addr()
		if address.Network() == "unix" {
			fmt.Fprintf(out, "Saprolite listens on unix:%s\n", address)
			continue
		}
		url := scheme + "://" + address.String()
		if endpoint == "" {
			endpoint = url
		}
		fmt.Fprintf(out, "Saprolite listens on %s\n", url)
	}
	if endpoint == "" {
		return
	}
	fmt.Fprintf(out, "\nTo use it from this machine, paste into a shell:\n\n%s\n", strings.Join(environment(endpoint), "\n"))
}

// environment gives the lines that point every AWS SDK to the endpoint.
func environment(endpoint string) []string {
	return []string{
		"export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + endpoint,
		"export AWS_ENDPOINT_URL_BEDROCK=" + endpoint,
		"export AWS_ACCESS_KEY_ID=" + identity.DevelopmentKeyID,
		"export AWS_SECRET_ACCESS_KEY=" + identity.DevelopmentSecret,
		"export AWS_DEFAULT_REGION=us-east-1", // the one that boto3 and version 1 of the CLI read
		"export AWS_REGION=us-east-1",
	}
}
