package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/transport"
)

type serveCommand struct {
	setup
	entrance
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context) error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	c.entrance.set(settings)
	program, err := c.newApp(settings, newLog(settings.Log))
	if err != nil {
		return err
	}
	// An address that cannot be had is told before anything long begins.
	listeners, err := program.Listen()
	if err != nil {
		return errors.Join(err, program.Close())
	}
	if err := program.Fetch(ctx); err != nil {
		return errors.Join(err, listeners.Close(), program.Close())
	}
	trust, err := c.trust(settings)
	if err != nil {
		return errors.Join(err, listeners.Close(), program.Close())
	}
	greet(os.Stdout, listeners, settings, trust)
	defer context.AfterFunc(ctx, func() {
		fmt.Fprintln(os.Stderr, "saprolite: running answers finish; Ctrl-C again ends at once")
	})()
	return program.Serve(ctx, listeners)
}

// greet prints where the server is, what answers there, and the lines to paste
// into a shell; trust are those for its certificate.
func greet(out io.Writer, listeners *app.Listeners, c *config.Config, trust []string) {
	endpoint := ""
	for _, listener := range listeners.API {
		fmt.Fprintln(out, "Saprolite listens on", where(listener))
		if endpoint == "" && listener.Addr().Network() != "unix" {
			endpoint = where(listener)
		}
	}
	if listeners.Admin != nil {
		fmt.Fprintln(out, "Saprolite listens to those who run it, on", where(listeners.Admin))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		fmt.Fprintf(out, "Answers come from %s: %s\n", name, c.Providers[name].Describe())
	}
	if !strings.HasPrefix(endpoint, "https:") {
		trust = nil
	}
	if endpoint != "" {
		key := ""
		if c.Auth == config.AuthIAM {
			key = ", and the key that \"saprolite keys create USER\" shows"
		}
		scheme, address, _ := strings.Cut(endpoint, "://")
		lines := append(environment(scheme+"://"+fromHere(address), c), trust...)
		fmt.Fprintf(out, "\nTo use it from this machine, paste into a shell%s:\n\n%s\n", key, strings.Join(lines, "\n"))
	}
	fmt.Fprintln(out, "\nCtrl-C ends it.")
}

func where(listener *transport.Listener) string {
	address := listener.Addr()
	switch {
	case address.Network() == "unix":
		return "unix:" + address.String()
	case listener.Encrypted():
		return "https://" + address.String()
	}
	return "http://" + address.String()
}
