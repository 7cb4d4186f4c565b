package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// writerOf names the state that this program, started once more, writes to.
const writerOf = "SAPROLITE_TEST_WRITER_OF"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerOf); path != "" {
		fmt.Fprintln(os.Stderr, write(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// write writes for ever, and acknowledges each number that is safe.
func write(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	first, err := s.Revision(ctx)
	if err != nil {
		return err
	}
	for n := first; ; n++ {
		if err := s.AddUsage(ctx, []meter.Record{{RequestID: strconv.FormatInt(n, 10)}}); err != nil {
			return err
		}
		if err := s.Apply(ctx, n, store.Put(iam.Account{ID: strconv.FormatInt(n, 10)})); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// However often the process is killed, and in the midst of whatever, what it has
// acknowledged is there.
func TestKilledLosesNothing(t *testing.T) {
	const kills = 100
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state.db")
	acknowledged := make(map[string]bool)
	random := rand.New(rand.NewPCG(1, 2))
	for range kills {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), writerOf+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// What was written before it was dead counts as acknowledged too.
		lines, after := bufio.NewScanner(out), random.IntN(8)
		for n := 0; lines.Scan(); n++ {
			acknowledged[lines.Text()] = true
			if n == after {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
		if said.Len() > 0 {
			t.Fatalf("the writer failed: %s", said.String())
		}
	}

	s := mustOpen(t, path)
	snapshot, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, account := range snapshot.Accounts {
		there[account.ID] = true
	}
	for id := range acknowledged {
		if !there[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	sums, err := s.SumUsage(t.Context(), meter.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got := sums[0].Calls; got < int64(len(acknowledged)) {
		t.Errorf("%d records of %d", got, len(acknowledged))
	}
	if len(acknowledged) < kills {
		t.Errorf("the writers acknowledged %d numbers in %d lives", len(acknowledged), kills)
	}
}
