package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/saprolite/saprolite/internal/config"
)

// defaultEndpoint is where serve listens when nothing else is said.
const defaultEndpoint = "http://127.0.0.1:8484"

// chatServer is what answers a chat.
type chatServer struct {
	endpoint   string
	credential credential
	// stop ends a server that the chat has started.
	stop func() error
}

// findServer gives the server that runs, or one that it starts in this process.
func (c *chatCommand) findServer(ctx context.Context) (*chatServer, error) {
	if c.Config != "" && c.Endpoint == "" {
		return c.startServer(ctx)
	}
	endpoint := cmp.Or(c.Endpoint, os.Getenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"), defaultEndpoint)
	address, err := addressOf(endpoint)
	if err != nil {
		return nil, err
	}
	if isServed(ctx, address) {
		server := &chatServer{endpoint: endpoint, credential: developmentKey(), stop: func() error { return nil }}
		// A shell that names no server may have credentials for another service.
		if cmp.Or(c.Endpoint, os.Getenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")) != "" {
			server.credential = fromEnvironment()
		}
		return server, nil
	}
	if c.Endpoint != "" {
		return nil, fmt.Errorf("no server answers at %s: start one with \"saprolite serve\", or leave --endpoint out", c.Endpoint)
	}
	fmt.Fprintf(os.Stderr, "No server answers at %s, so this program answers by itself.\n", endpoint)
	return c.startServer(ctx)
}

// addressOf gives the host and port of a URL.
func addressOf(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", fmt.Errorf("%q is no endpoint: write it as %s", endpoint, defaultEndpoint)
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)), nil
}

// isServed says whether somebody listens at an address.
func isServed(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// startServer serves on a free port of this machine until it is stopped.
func (c *chatCommand) startServer(ctx context.Context) (*chatServer, error) {
	settings, err := c.load()
	if err != nil {
		return nil, err
	}
	settings.TLS, settings.Admin = config.TLS{}, config.Admin{}
	// Nobody else is asked in, and whoever reads the configuration may ask.
	settings.Auth = config.AuthSigV4
	settings.Listen = config.At("127.0.0.1:0")
	settings.Regions = nil
	// What goes wrong behind an answer is told there alone.
	settings.Log.Level = "warn"
	if settings.Audit.File == config.Stdout {
		settings.Audit.File = "" // the standard output is the conversation's
	}
	program, err := c.newApp(settings, newLog(settings.Log))
	if err != nil {
		return nil, err
	}
	if err := program.Fetch(ctx); err != nil {
		return nil, errors.Join(err, program.Close())
	}
	listeners, err := program.Listen()
	if err != nil {
		return nil, errors.Join(err, program.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- program.Serve(ctx, listeners) }()
	stop := func() error {
		cancel()
		return <-ended
	}
	return &chatServer{endpoint: "http://" + listeners.API[0].Addr().String(), credential: developmentKey(), stop: stop}, nil
}

// explain says what an error of the SDK means to a person.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failure, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
			return fmt.Errorf("the server's certificate is of no authority that is trusted here: set AWS_CA_BUNDLE as \"saprolite env\" with the server's --config or --tls prints it (%w)", err)
		}
		return err
	}
	text := failure.ErrorCode() + ": " + failure.ErrorMessage()
	if strings.Contains(failure.ErrorMessage(), "model identifier is invalid") {
		text += " \"saprolite models\" lists those that are answered."
	}
	if failure.ErrorCode() == "UnrecognizedClientException" {
		text += " Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as \"saprolite keys create USER\" shows them, or unset them for a server with the development key."
	}
	return errors.New(text)
}
