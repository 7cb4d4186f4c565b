package main

import (
	"context"
	"net"
	"net/url"
	"time"

	"github.com/saprolite/saprolite/internal/app"
)

// answers says whether somebody listens at the endpoint.
func answers(ctx context.Context, endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// startServer serves on a free port of this machine until it is stopped.
func startServer(ctx context.Context, program *app.App) (endpoint string, stop func() error, err error) {
	listeners, err := app.Listen([]string{"127.0.0.1:0"})
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- program.Serve(ctx, listeners) }()
	return "http://" + listeners[0].Addr().String(), func() error {
		cancel()
		return <-ended
	}, nil
}
