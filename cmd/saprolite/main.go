// Command saprolite is a self-hosted Amazon Bedrock Runtime.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/saprolite/saprolite/internal/config"
)

// commandLine is what the program understands; each command has a file.
type commandLine struct {
	Serve   serveCommand   `cmd:"" help:"Serve the Bedrock API."`
	Chat    chatCommand    `cmd:"" help:"Talk to a model in the terminal."`
	Pull    pullCommand    `cmd:"" help:"Fetch the engine and the models ahead of time, for a machine without network."`
	Models  modelsCommand  `cmd:"" help:"List the model ids that are answered, and by what."`
	Env     envCommand     `cmd:"" help:"Print the lines that point AWS SDKs to the server, for eval in a shell."`
	Usage   usageCommand   `cmd:"" help:"Sum up what was used and what it cost, by any field over any time."`
	Backup  backupCommand  `cmd:"" help:"Copy the state to a file, also while the server runs."`
	Restore restoreCommand `cmd:"" help:"Put a copy of the state in its place, also while the server runs."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Accounts accountsCommand `cmd:"" help:"Accounts, in which everybody else is."`
	Users    usersCommand    `cmd:"" help:"Users, who call with keys of their own."`
	Groups   groupsCommand   `cmd:"" help:"Groups, whose policies hold for the users in them."`
	Roles    rolesCommand    `cmd:"" help:"Roles, which callers become for a while."`
	Policies policiesCommand `cmd:"" help:"Policies, which say who may do what."`
	Keys     keysCommand     `cmd:"" help:"Access keys and API keys of users."`

	EngineGuard engineGuardCommand `cmd:"" hidden:""`
}

// The program's exit codes. A shell gives a program that a signal ended 128 and
// the signal's number; that of Ctrl-C is 2.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitDenied      = 3 // of "policies simulate" alone
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs a command line and gives the exit code.
func run(args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal ends what runs in good order. Nobody listens for a second
	// one by then, so that it ends the program at once.
	context.AfterFunc(signals, func() {
		stop()
		cancel()
	})

	err := execute(ctx, args)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "saprolite: interrupted")
		return exitInterrupted
	}
	if errors.Is(err, errDenied) {
		// It was told in full.
		return exitDenied
	}
	if usage, ok := errors.AsType[*kong.ParseError](err); ok {
		fmt.Fprintf(os.Stderr, "saprolite: %v\nRun \"%s --help\" to see what there is.\n", usage, usage.Context.Model.Name+commandOf(usage.Context))
		return exitUsage
	}
	if _, ok := errors.AsType[config.Problems](err); ok {
		// Its lines begin with the file, which terminals and editors can open.
		fmt.Fprintln(os.Stderr, err)
		return exitFailure
	}
	fmt.Fprintln(os.Stderr, "saprolite:", err)
	return exitFailure
}

func execute(ctx context.Context, args []string) error {
	parser, err := kong.New(new(commandLine),
		kong.Name("saprolite"),
		kong.Description("A self-hosted Amazon Bedrock Runtime: every AWS SDK talks to it unchanged, real models answer."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return err
	}
	// Not only flags ask for help.
	if len(args) == 0 {
		args = []string{"--help"}
	} else if args[0] == "help" {
		args = append(args[1:], "--help")
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run()
}

// commandOf gives the command that was understood before a mistake, after a
// space.
func commandOf(parsed *kong.Context) string {
	if node := parsed.Selected(); node != nil {
		return strings.TrimPrefix(node.FullPath(), parsed.Model.Name)
	}
	return ""
}
