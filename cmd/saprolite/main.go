// Command saprolite is a self-hosted Amazon Bedrock Runtime.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// commandLine is what the program understands; each command has a file.
type commandLine struct {
	Serve   serveCommand   `cmd:"" help:"Serve the Bedrock API."`
	Chat    chatCommand    `cmd:"" help:"Talk to a model in the terminal."`
	Pull    pullCommand    `cmd:"" help:"Fetch the engine and the models ahead of time, for a machine without network."`
	Models  modelsCommand  `cmd:"" help:"List the model ids that are answered, and by what."`
	Version versionCommand `cmd:"" help:"Print the version."`

	EngineGuard engineGuardCommand `cmd:"" hidden:""`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "saprolite:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var line commandLine
	parsed := kong.Parse(&line,
		kong.Name("saprolite"),
		kong.Description("A self-hosted Amazon Bedrock Runtime: every AWS SDK talks to it unchanged, real models answer."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	return parsed.Run()
}
