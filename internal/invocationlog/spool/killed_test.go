package spool_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/objectstore"
)

// nowhere takes nothing, so that everything waits.
type nowhere struct{ objectstore.Store }

func (nowhere) Put(context.Context, objectstore.Name, objectstore.Content) error { return errDown }

// appendUntilKilled tells each line that it has appended, without end.
func appendUntilKilled(dir string) {
	s, err := spool.Open(spool.Options{Dir: dir, Store: nowhere{}, GroupSize: 1000})
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		line := fmt.Sprintf("%d-%d", os.Getpid(), i)
		body := spool.Body{Name: objectstore.Name{Bucket: "logs", Key: "a/data/" + line}, Content: []byte(line)}
		if err := s.Append(group, []byte(line+"\n"), time.Now(), body); err != nil {
			panic(err)
		}
		fmt.Println(line)
	}
}

// What was appended outlives a process that is killed at any moment.
func TestKilled(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var told []string
	for range 20 {
		cmd := exec.Command(program, "-test.run=^$")
		cmd.Env = append(os.Environ(), "SPOOL_TEST_KILLED="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		from := bufio.NewScanner(out)
		for n := 0; n < 30 && from.Scan(); n++ {
			told = append(told, from.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		for from.Scan() {
			told = append(told, from.Text())
		}
		_ = cmd.Wait() // it was killed
	}
	store := newFlaky(t)
	s := open(t, spool.Options{Dir: dir, Store: store})
	defer closed(t, s)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	bodies := objects(t, store, "logs")
	all := "\n" + lines(t, store, "logs")
	if len(told) < 600 {
		t.Fatalf("%d lines were told", len(told))
	}
	for _, line := range told {
		if strings.Count(all, "\n"+line+"\n") != 1 || bodies["a/data/"+line] != line {
			t.Errorf("%s is not there once, or not its body", line)
		}
	}
}
