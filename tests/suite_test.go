package tests

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// suiteTimeout bounds a run of one SDK's tests.
const suiteTimeout = 5 * time.Minute

// javaScript runs the tests of a folder of sdk-js.
func javaScript(t *testing.T, p *program, folder string) {
	t.Helper()
	const home = "sdk-js"
	installed(t, filepath.Join(home, "package-lock.json"), filepath.Join(home, "node_modules", ".installed"))
	args := []string{"--disable-warning=NodeVersionSupportWarning", "--test", "--test-reporter=spec"}
	run(t, p, home, "node", append(args, files(t, home, folder, "*.test.js")...)...)
}

// python runs the tests of a folder of sdk-python.
func python(t *testing.T, p *program, folder string) {
	t.Helper()
	const home = "sdk-python"
	installed(t, filepath.Join(home, "requirements.txt"), filepath.Join(home, ".venv", ".installed"))
	interpreter, err := filepath.Abs(filepath.Join(home, ".venv", "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-m", "pytest", "-q", "-p", "no:cacheprovider"}
	run(t, p, home, interpreter, append(args, files(t, home, folder, "test_*.py")...)...)
}

// installed skips the test unless the mark of an installation is a copy of what
// was to be installed, as install.sh leaves it.
func installed(t *testing.T, wanted, mark string) {
	t.Helper()
	want, err := os.ReadFile(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(mark); err != nil || !bytes.Equal(got, want) {
		missing(t, "the packages of %s are not installed, or older ones: run tests/install.sh", wanted)
	}
}

// files gives the tests of a folder, as paths from home.
func files(t *testing.T, home, folder, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(home, folder, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests in %s/%s: %v", home, folder, err)
	}
	for i := range paths {
		paths[i] = strings.TrimPrefix(paths[i], home+string(filepath.Separator))
	}
	return paths
}

// run runs a test runner in a folder, with nothing of AWS in its environment but
// what the program tells to paste.
func run(t *testing.T, p *program, dir, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		missing(t, "%s is needed for the tests of %s: %v", name, dir, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), suiteTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), foreign), p.environment...)
	cmd.Env = append(cmd.Env,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// foreign says whether a variable would change what the tests do: a setting of
// the SDKs, or a proxy between them and the program.
func foreign(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToLower(name), "_proxy") || name == "NODE_OPTIONS" || name == "PYTEST_ADDOPTS"
}
