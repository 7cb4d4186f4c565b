package docs

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const team = "team.md"

// prologue stands before the page's commands: nothing of the machine's own settings
// helps, what a command waits for is waited for, and a chat tries again until the
// server has taken up what was changed, as a person's hands are slower than a second.
const prologue = `
set -euo pipefail
saprolite() {
	[ "$1" = chat ] || { command saprolite "$@"; return; }
	for try in $(seq 100); do
		command saprolite "$@" && return
		sleep 0.1
	done
	return 1
}
serve() {
	env "$@" > serve.log 2>&1 &
	trap "kill $!; wait $!" EXIT
	until grep -q 'Ctrl-C ends it' serve.log; do
		kill -0 $! || { cat serve.log; exit 1; }
		sleep 0.1
	done
}
`

// TestTeam follows the page word for word, but for the addresses, which are of this
// machine alone, and the model, which is a script.
func TestTeam(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err == nil {
		_, err = exec.LookPath("curl")
	}
	if err != nil {
		missing(t, "bash and curl are needed to follow %s: %v", team, err)
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin", "saprolite"), "../cmd/saprolite").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	write(t, filepath.Join(dir, "script.yaml"), script)
	page := commands(t)
	admin := freeAddress(t)
	text := prologue + replace(t, page,
		"make build", ":",
		"listen: 0.0.0.0:8484", "listen: "+freeAddress(t),
		"admin: {listen: 127.0.0.1:8485}", "admin: {listen: "+admin+"}",
		"http://127.0.0.1:8485/", "http://"+admin+"/",
		"auth: iam", "auth: iam\nproviders: {script: {type: script, file: ../script.yaml}}",
	)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, bash, "-c", text)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := strings.Count(string(out), answer), strings.Count(page, "saprolite chat"); got != want {
		t.Errorf("%d of %d chats were answered:\n%s", got, want, out)
	}
}

// commands are those of the page; the server is one of them.
func commands(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	blocks := strings.Split(read(t, team), "\n```")
	for i := 1; i < len(blocks); i += 2 {
		language, block, _ := strings.Cut(blocks[i], "\n")
		switch language {
		case "sh":
			text.WriteString(block + "\n")
		case "sh server":
			text.WriteString("serve " + block + "\n")
		}
	}
	return text.String()
}

// replace puts other texts in place of some, each of which must be there.
func replace(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Errorf("%s does not say %q", team, pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
