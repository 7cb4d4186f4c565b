package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

type serveCommand struct {
	setup
	Listen []string `help:"Address to serve on: host:port, or unix: and a path. May be given several times. Default 127.0.0.1:8484." placeholder:"ADDR" sep:"none"`
	Auth   string   `help:"How callers prove who they are: sigv4 or none (both on loopback only), or iam. Default sigv4." placeholder:"WAY" enum:"sigv4,iam,none," default:""`
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
	// An address that cannot be had is told before anything long begins.
	listeners, err := app.Listen(settings.Listen, settings.Auth)
	if err != nil {
		return errors.Join(err, program.Close())
	}
	if err := program.Fetch(ctx); err != nil {
		return errors.Join(err, closeAll(listeners), program.Close())
	}
	greet(os.Stdout, listeners, settings)
	defer context.AfterFunc(ctx, func() {
		fmt.Fprintln(os.Stderr, "saprolite: running answers finish; Ctrl-C again ends at once")
	})()
	return program.Serve(ctx, listeners)
}

func closeAll(listeners []net.Listener) error {
	var err error
	for _, listener := range listeners {
		err = errors.Join(err, listener.Close())
	}
	return err
}

// greet prints where the server is, what answers there, and the lines to paste
// into a shell.
func greet(out io.Writer, listeners []net.Listener, c *config.Config) {
	endpoint := ""
	for _, listener := range listeners {
		where := "unix:" + listener.Addr().String()
		if listener.Addr().Network() != "unix" {
			where = scheme(c) + "://" + listener.Addr().String()
			if endpoint == "" {
				endpoint = listener.Addr().String()
			}
		}
		fmt.Fprintln(out, "Saprolite listens on", where)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		fmt.Fprintf(out, "Answers come from %s: %s\n", name, c.Providers[name].Describe())
	}
	if endpoint != "" {
		key := ""
		if c.Auth == config.AuthIAM {
			key = ", and the key that \"saprolite keys create USER\" shows"
		}
		fmt.Fprintf(out, "\nTo use it from this machine, paste into a shell%s:\n\n%s\n", key, strings.Join(environment(scheme(c)+"://"+fromHere(endpoint), c.Auth), "\n"))
	}
	fmt.Fprintln(out, "\nCtrl-C ends it.")
}

// scheme is that of the TCP addresses.
func scheme(c *config.Config) string {
	if c.TLS.CertFile != "" {
		return "https"
	}
	return "http"
}
