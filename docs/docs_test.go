// Package docs holds the documentation to what it speaks of: links lead
// somewhere, and what the README shows is what happens.
package docs

import (
	"bufio"
	"bytes"
	"context"
	"go/format"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	// The outcome of these tests may be cached as long as the program's code is
	// what it was.
	_ "github.com/saprolite/saprolite/internal/app"
)

const (
	readme = "../README.md"
	// timeout bounds each program that a test runs.
	timeout = 2 * time.Minute
)

// script answers the question that every snippet asks.
const (
	script = `
rules:
  - when: {text: "Why is the sky blue?"}
    reply: Because of Rayleigh scattering.
`
	answer = "Because of Rayleigh scattering."
)

// TestPlaces looks for the files that links and texts name.
func TestPlaces(t *testing.T) {
	code := regexp.MustCompile("(?ms)^ *```.*?^ *```")
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	// What a path follows keeps those of other modules out.
	path := regexp.MustCompile("(?m)(?:^|[\\s`(])((?:cmd|docs|internal|saprolitetest|tests|tools)/[\\w./-]*\\w)")
	for _, page := range pages(t) {
		prose := code.ReplaceAllString(read(t, page), "")
		for _, match := range link.FindAllStringSubmatch(prose, -1) {
			if !strings.Contains(match[1], "://") {
				exists(t, page, filepath.Join(filepath.Dir(page), match[1]))
			}
		}
		for _, match := range path.FindAllStringSubmatch(link.ReplaceAllString(prose, "]"), -1) {
			exists(t, page, filepath.Join("..", match[1]))
		}
	}
}

// pages are all pages that people read first.
func pages(t *testing.T) []string {
	t.Helper()
	pages := []string{readme, "../CONTRIBUTING.md"}
	for _, pattern := range []string{"*.md", "adr/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no pages %s: %v", pattern, err)
		}
		pages = append(pages, found...)
	}
	return pages
}

func exists(t *testing.T, page, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s: %v", page, err)
	}
}

// TestSnippets runs the README's snippets with the environment that the program
// tells to paste.
func TestSnippets(t *testing.T) {
	environment := serve(t)
	t.Run("Python", func(t *testing.T) {
		python, err := filepath.Abs("../tests/sdk-python/.venv/bin/python")
		if err != nil {
			t.Fatal(err)
		}
		run(t, environment, "../tests/sdk-python", python, "-c", snippet(t, "python"))
	})
	t.Run("JavaScript", func(t *testing.T) {
		run(t, environment, "../tests/sdk-js", "node", "--input-type=module", "--eval", snippet(t, "js"))
	})
}

// TestGoSnippet asks the one thing of it that needs no other module.
func TestGoSnippet(t *testing.T) {
	source := snippet(t, "go")
	formatted, err := format.Source([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(source, string(formatted)); diff != "" {
		t.Errorf("not formatted (-README +gofmt):\n%s", diff)
	}
}

// TestGreeting compares the lines to paste with those that the README shows.
func TestGreeting(t *testing.T) {
	port := regexp.MustCompile(`(127\.0\.0\.1):\d+`)
	var shown []string
	for line := range strings.Lines(read(t, readme)) {
		if variable, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			shown = append(shown, port.ReplaceAllString(variable, "$1"))
		}
	}
	var printed []string
	for _, variable := range serve(t) {
		printed = append(printed, port.ReplaceAllString(variable, "$1"))
	}
	if diff := cmp.Diff(printed, shown); diff != "" {
		t.Errorf("(-printed +README):\n%s", diff)
	}
}

// snippet gives the README's block of a language.
func snippet(t *testing.T, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, readme), "\n```"+language+"\n")
	block, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatalf("the README has no %s", language)
	}
	return block
}

// run runs a snippet and looks for the answer in what it prints.
func run(t *testing.T, environment []string, dir, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "%s is needed, tests/install.sh installs the packages: %v", name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	// Nothing of the machine's own AWS settings may help.
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "AWS_EC2_METADATA_DISABLED=true",
	}, environment...)
	var stderr bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &stderr, time.Second
	out, err := cmd.Output()
	if err != nil {
		if strings.Contains(stderr.String(), "ModuleNotFoundError") || strings.Contains(stderr.String(), "ERR_MODULE_NOT_FOUND") {
			missing(t, "the packages are not installed: run tests/install.sh\n%s", &stderr)
		}
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if strings.TrimSpace(string(out)) != answer {
		t.Errorf("it prints %q, not %q", out, answer)
	}
}

// serve runs the program on a free port until the test ends, and gives the
// environment of its greeting.
func serve(t *testing.T) (environment []string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "script.yaml"), script)
	write(t, filepath.Join(dir, "saprolite.yaml"), "providers: {script: {type: script, file: script.yaml}}\n")
	binary := filepath.Join(dir, "saprolite.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/saprolite").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--config", filepath.Join(dir, "saprolite.yaml"), "--data", dir)
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(timeout, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		late.Stop()
		cmd.Process.Signal(os.Interrupt)
		io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program ends with %v", err)
		}
		if t.Failed() {
			t.Logf("the log of the program:\n%s", &log)
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if variable, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			environment = append(environment, variable)
		} else if len(environment) > 0 {
			return environment
		}
	}
	t.Fatal("the program does not greet")
	return nil
}

// missing skips the test, or fails it where everything must be there.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
