package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// answers are the ids of those that a client has read whole.
type answers struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (a *answers) add(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[id] = true
}

// However often the server is killed, and in the midst of whatever: each call whose
// whole answer was read has one record, and one line in the trail.
func TestKilledLosesNoUsage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the other tests of this package need signals")
	}
	const kills, callers = 40, 4
	folder := t.TempDir()
	for name, text := range map[string]string{
		"saprolite.yaml": "auth: none\naudit: {file: audit.jsonl, maxSize: 100KB}\nproviders: {p: {type: script, file: rules.yaml}}\n",
		"rules.yaml":     "default: {reply: One two three four five.}\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	whole := &answers{ids: map[string]bool{}}
	random := rand.New(rand.NewPCG(3, 4))
	for range kills {
		server, endpoint := startServer(t, folder)
		ctx, stop := context.WithCancel(t.Context())
		var calling sync.WaitGroup
		for i := range callers {
			calling.Go(func() { whole.call(ctx, endpoint, i%2 == 0) })
		}
		time.Sleep(time.Duration(20+random.IntN(150)) * time.Millisecond)
		if err := server.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		server.Wait()
		stop()
		calling.Wait()
	}
	// The next start brings what the dead have left.
	server, _ := startServer(t, folder)
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Fatal(err)
	}
	recorded := recordedIDs(t, filepath.Join(folder, "data", "state.db"))
	trail := readTrail(t, folder)
	lost, untold := 0, 0
	for id := range whole.ids {
		if recorded[id] != 1 {
			lost++
		}
		if trail[id] != 1 {
			untold++
		}
	}
	t.Logf("%d answers were read whole, %d calls are on record", len(whole.ids), len(recorded))
	if lost > 0 || len(whole.ids) < kills {
		t.Errorf("of %d calls %d have no record, or several", len(whole.ids), lost)
	}
	if untold > 0 {
		t.Errorf("%d calls have no line in the trail, or several", untold)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "data", "usage", "*.journal")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// readTrail counts the lines of each request in all files of the trail, of which
// there must be several.
func readTrail(t *testing.T, folder string) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "audit.jsonl*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("the files of the trail: %v, %v", files, err)
	}
	ids, lines := regexp.MustCompile(`"requestID":"([^"]+)"`), map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range ids.FindAllSubmatch(text, -1) {
			lines[string(match[1])]++
		}
	}
	return lines
}

// startServer runs the program until it serves.
func startServer(t *testing.T, folder string) (cmd *exec.Cmd, endpoint string) {
	t.Helper()
	cmd = exec.Command("saprolite", "serve", "--config", filepath.Join(folder, "saprolite.yaml"),
		"--data", filepath.Join(folder, "data"), "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // where it still runs
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, endpoint, ok := strings.Cut(lines.Text(), "listens on "); ok {
			return cmd, endpoint
		}
	}
	t.Fatalf("the server does not start:\n%s", &log)
	return nil, ""
}

// call calls again and again, until the server is gone. A stream is read whole when
// its last event is there.
func (a *answers) call(ctx context.Context, endpoint string, streamed bool) {
	const body = `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`
	operation := "/converse"
	if streamed {
		operation = "/converse-stream"
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/model/amazon.nova-lite-v1:0"+operation, strings.NewReader(body))
		if err != nil {
			return
		}
		response, err := client.Do(request)
		if err != nil {
			return
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusOK && (err == nil || streamed) && bytes.Contains(answer, []byte(`"totalTokens"`)) && bytes.HasSuffix(answer, []byte("}")) == !streamed {
			a.add(response.Header.Get("X-Amzn-Requestid"))
		}
		if err != nil {
			return
		}
	}
}

// recordedIDs counts the records of each request.
func recordedIDs(t *testing.T, path string) map[string]int {
	t.Helper()
	state, err := sqlite.Open(t.Context(), path) // this registers the driver, too
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT request_id FROM usage_records WHERE output_tokens > 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		counts[id]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(fmt.Errorf("read the records: %w", err))
	}
	return counts
}
