// Command latency measures what Saprolite costs on top of its upstream, in one
// run, against two things at once: the upstream called directly, and a minimal
// translator between the same two protocols (translator.go).
//
//	go run ./bench/latency            latency and throughput, over a fake upstream
//	go run ./bench/latency -engine    tokens per CPU-second, over the embedded engine
//
// The upstream, the translator and two Saprolites (auth none and SigV4) are
// processes of their own on loopback addresses. They are measured in turns, so
// that whatever else the machine does meets all of them; the ratios hold where
// the absolute figures do not. It reads /proc, so it needs Linux.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options bound a run.
type options struct {
	program string
	kind    string
	rounds  int
	slice   time.Duration
	turns   int
	engine  bool
	tokens  int
	data    string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("latency: ")
	if len(os.Args) > 1 && os.Args[1] == "role" {
		if err := play(os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	var o options
	flag.StringVar(&o.program, "saprolite", "", "the program to measure; without one it is built")
	flag.StringVar(&o.kind, "kind", "", "measure unary calls or streams alone: unary, stream")
	flag.IntVar(&o.rounds, "rounds", 2000, "paired calls per kind of call")
	flag.DurationVar(&o.slice, "slice", 700*time.Millisecond, "time of one turn of a target under load")
	flag.IntVar(&o.turns, "turns", 5, "turns of every target under load")
	flag.BoolVar(&o.engine, "engine", false, "measure the embedded engine instead")
	flag.IntVar(&o.tokens, "tokens", 128, "with -engine: tokens of an answer")
	flag.StringVar(&o.data, "data", "", "with -engine: the data folder of the program")
	flag.Parse()
	// A reader of the output that leaves must not leave the processes behind.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	defer stop()
	if err := run(ctx, o); err != nil {
		log.Fatal(err)
	}
}

// run measures within a quarter of an hour, whatever happens.
func run(ctx context.Context, o options) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "latency-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.program, err = program(ctx, o.program, dir); err != nil {
		return err
	}
	if o.engine {
		return measureEngine(ctx, o, dir)
	}
	return measureAll(ctx, o, dir)
}

func measureAll(ctx context.Context, o options, dir string) error {
	house, err := build(o, dir)
	if err != nil {
		return err
	}
	defer house.end()
	for _, kind := range kinds {
		if o.kind != "" && o.kind != kind.flag {
			continue
		}
		fmt.Printf("\n%s\n", kind.name)
		if err := measureLatency(ctx, house.targets(kind.stream), o.rounds/kind.cost); err != nil {
			return err
		}
		for _, callers := range []int{1, 8, 32} {
			if err := measureLoad(ctx, house.targets(kind.stream), callers, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// kinds are the kinds of calls; the rounds are divided by what they cost.
var kinds = []struct {
	flag, name string
	stream     bool
	cost       int
}{
	{"unary", "unary", false, 1},
	{"stream", fmt.Sprintf("stream of %d tokens", streamTokens), true, 4},
}
