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

// javaScript runs the tests of a folder that a pattern matches, with more
// variables in their environment.
func javaScript(t *testing.T, p *program, home, pattern string, variables ...string) {
	t.Helper()
	installed(t, filepath.Join(home, "package-lock.json"), filepath.Join(home, "node_modules", ".installed"))
	args := append([]string{"--test", "--test-reporter=spec"}, files(t, home, pattern)...)
	run(t, home, append(variables, p.environment...), "node", args...)
}

// python runs the tests of a folder that a pattern matches, with more variables in
// their environment.
func python(t *testing.T, p *program, home, pattern string, variables ...string) {
	t.Helper()
	installed(t, filepath.Join(home, "requirements.txt"), filepath.Join(home, ".venv", ".installed"))
	interpreter, err := filepath.Abs(filepath.Join(home, ".venv", "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-m", "pytest", "-q", "-p", "no:cacheprovider"}, files(t, home, pattern)...)
	run(t, home, append(variables, p.environment...), interpreter, args...)
}

// java runs the tests of a package of sdk-java.
func java(t *testing.T, p *program, name string) {
	t.Helper()
	const home = "sdk-java"
	installed(t, filepath.Join(home, "pom.xml"), filepath.Join(home, ".m2", ".installed"))
	repository, err := filepath.Abs(filepath.Join(home, ".m2"))
	if err != nil {
		t.Fatal(err)
	}
	run(t, home, p.environment, "mvn", "--offline", "--batch-mode", "--no-transfer-progress",
		"-Dmaven.repo.local="+repository, "-Dtest=saprolite."+name+".*Test", "test")
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

// files gives what a pattern matches below home, as paths from there.
func files(t *testing.T, home, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(home, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests are %s/%s: %v", home, pattern, err)
	}
	for i := range paths {
		paths[i] = strings.TrimPrefix(paths[i], home+string(filepath.Separator))
	}
	return paths
}

// run runs a test runner in a folder, with nothing of AWS in its environment but
// the variables.
func run(t *testing.T, dir string, variables []string, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		missing(t, "%s is needed for the tests of %s: %v", name, dir, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), suiteTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), foreign), variables...)
	cmd.Env = append(cmd.Env,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "PYTHONDONTWRITEBYTECODE=1", "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true")
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
