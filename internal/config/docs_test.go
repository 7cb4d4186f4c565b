package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	examplePath = "../../docs/saprolite.example.yaml"
	manualPath  = "../../docs/configuration.md"
)

// The example says what the defaults are.
func TestExampleIsDefault(t *testing.T) {
	c, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), c, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("(-default +example):\n%s", diff)
	}
}

// The lines that are commented out are right too: with them, the files that they
// name are all that is missing.
func TestExampleUncommented(t *testing.T) {
	t.Setenv("GPU_KEY", "k")
	t.Setenv("ANTHROPIC_API_KEY", "k")
	t.Setenv("BEDROCK_SECRET", "k")
	t.Setenv("STATE_DATABASE", "k")
	content := readFile(t, examplePath)
	// Comments in prose have one space after the #.
	content = regexp.MustCompile(`(?m)^#([a-z]|  )`).ReplaceAllString(content, "$1")
	_, err := parse(examplePath, []byte(content))
	problems, ok := err.(Problems)
	if !ok {
		t.Fatalf("%v\n%s", err, content)
	}
	for _, p := range problems {
		if !strings.Contains(p.What, "no such file") {
			t.Errorf("%v", p)
		}
	}
	if len(problems) < 3 { // two of tls, and the rules; the engine may be there
		t.Errorf("only %v is missing in\n%s", err, content)
	}
}

// Every key is in the manual and in the example.
func TestEveryKeyIsDocumented(t *testing.T) {
	manual, example := readFile(t, manualPath), readFile(t, examplePath)
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			for field := range typ.Fields() {
				if key := field.Tag.Get("yaml"); key != "" {
					if !regexp.MustCompile("`([a-zA-Z]+\\.)?"+key+"`").MatchString(manual) && !strings.Contains(manual, "`"+key+".") {
						t.Errorf("the manual lacks %s", key)
					}
					if !regexp.MustCompile(`\b` + key + `:`).MatchString(example) {
						t.Errorf("the example lacks %s", key)
					}
				}
				walk(field.Type)
			}
		}
	}
	for _, part := range []any{Config{}, LlamaCpp{}, OpenAI{}, Anthropic{}, Bedrock{}, Failover{}, Script{}} {
		walk(reflect.TypeOf(part))
	}
}

// The examples of the manual load.
func TestManualExamples(t *testing.T) {
	t.Setenv("GPU_KEY", "k")
	t.Setenv("ANTHROPIC_API_KEY", "k")
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readFile(t, manualPath), -1)
	if len(blocks) < 5 {
		t.Fatalf("the manual has %d examples", len(blocks))
	}
	for _, block := range blocks {
		if _, err := parse("manual", []byte(block[1])); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
