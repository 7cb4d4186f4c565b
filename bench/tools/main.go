// Command tools measures how well the embedded engine calls tools: how often an
// answer is a call, whether the arguments satisfy the tool's schema, and whether
// it is the right tool.
//
//	go run ./bench/tools
//
// It serves the default model in this process and asks it through the AWS SDK, at
// temperature 0, so that a run repeats. It takes some minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/download/bar"
	"github.com/saprolite/saprolite/internal/identity"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("tools: ")
	data := flag.String("data", "", "data folder of the program; by default the user's")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	if err := run(ctx, *data); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, data string) error {
	if data == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		data = filepath.Join(cache, "saprolite")
	}
	settings := config.Default()
	settings.Listen = config.At("127.0.0.1:0")
	program, err := app.New(app.Options{Config: settings, DataDir: data, Progress: bar.New(os.Stderr), Stateless: true})
	if err != nil {
		return err
	}
	if err := program.Fetch(ctx); err != nil {
		return errors.Join(err, program.Close())
	}
	listeners, err := program.Listen()
	if err != nil {
		return errors.Join(err, program.Close())
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- program.Serve(serving, listeners) }()
	err = measure(ctx, bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String("http://" + listeners.API[0].Addr().String()),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(identity.DevelopmentKeyID, identity.DevelopmentSecret, ""),
	}))
	stop()
	return errors.Join(err, <-ended)
}

// measure asks every question under every choice and prints what came of it.
func measure(ctx context.Context, client *bedrockruntime.Client) error {
	var must, chosen, needed, idle tally
	for _, kit := range kits() {
		asker, err := newAsker(client, kit.tools)
		if err != nil {
			return err
		}
		for _, need := range kit.needs {
			for _, one := range []struct {
				into   *tally
				choice choice
			}{{&must, anyTool}, {&chosen, choice(need.tool)}, {&needed, auto}} {
				if err := one.into.add(ctx, asker, need.text, one.choice, need.tool); err != nil {
					return err
				}
			}
		}
		for _, text := range kit.chat {
			if err := idle.add(ctx, asker, text, auto, ""); err != nil {
				return err
			}
		}
	}
	fmt.Println("toolChoice  question needs  asked  called  schema-valid  right tool")
	must.print("any", "a tool")
	chosen.print("tool", "that tool")
	needed.print("auto", "a tool")
	idle.print("auto", "none")
	return nil
}
