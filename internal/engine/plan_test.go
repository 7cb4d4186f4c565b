package engine

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMakePlan(t *testing.T) {
	// 2 layers x 2 heads x (16+16) values x 2 bytes: 256 bytes a token, trained for 4096.
	path := weightsFile(t, "a.gguf", 1<<20)
	const fixed = fixedBytes + 1<<20
	tests := []struct {
		name           string
		model          Model
		memory         int64
		context, slots int
	}{
		{"defaults", Model{}, math.MaxInt64, 4096, 4},
		{"fewer slots first", Model{}, fixed + 256*4096*2, 4096, 2},
		{"one slot", Model{}, fixed + 256*4096, 4096, 1},
		{"then less context", Model{}, fixed + 256*2048, 2048, 1},
		{"never less than the least", Model{}, 1, minContext, 1},
		{"what is asked for is obeyed", Model{Context: 5000, Slots: 3}, 1, 5120, 3},
		{"slots alone", Model{Slots: 2}, fixed + 256*2*1024, 1024, 2},
		{"context alone", Model{Context: 512}, fixed + 256*512, 512, 1},
	}
	for _, test := range tests {
		test.model.Weights = path
		p, err := makePlan(test.model, files{weights: []string{path}}, 1, test.memory)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if p.context != test.context || p.slots != test.slots {
			t.Errorf("%s: %d x %d tokens, want %d x %d", test.name, p.slots, p.context, test.slots, test.context)
		}
		if want := int64(fixed + 256*test.context*test.slots); p.need != want {
			t.Errorf("%s: needs %d bytes, want %d", test.name, p.need, want)
		}
	}
	if got := addBytes(1, math.MaxInt64/2, 3); got != math.MaxInt64 {
		t.Errorf("an estimate overflowed to %d", got)
	}
}

// TestProjector hands a model's projector to either engine, and counts its memory.
func TestProjector(t *testing.T) {
	model, projector := weightsFile(t, "a.gguf", 1<<20), weightsFile(t, "mmproj.gguf", 3<<20)
	found, err := fetchFiles(t.Context(), nil, Model{Weights: model, Projector: projector})
	if err != nil {
		t.Fatal(err)
	}
	p, err := makePlan(Model{Context: 256, Slots: 1}, found, 1, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(fixedBytes + 4<<20 + 256*256); p.need != want {
		t.Errorf("needs %d bytes, want %d", p.need, want)
	}
	e := endpoint{network: "unix", address: "x.sock"}
	for name, engine := range map[string]program{"llama-server": llamaServer{path: "llama-server"}, "managed": managed{python: "python3", dir: "d"}} {
		seeing, err := engine.command(p, e)
		if err != nil {
			t.Fatal(err)
		}
		if line := strings.Join(seeing.Args, " "); !strings.Contains(line, "--mmproj "+projector) && !strings.Contains(line, `"projector":"`+projector+`"`) {
			t.Errorf("%s: no projector in %s", name, line)
		}
		p := p
		p.projector = ""
		reading, err := engine.command(p, e)
		if err != nil {
			t.Fatal(err)
		}
		if line := strings.Join(reading.Args[1:], " "); strings.Contains(line, "mmproj ") {
			t.Errorf("%s: a projector in %s", name, line)
		}
	}
	if _, err := fetchFiles(t.Context(), nil, Model{Weights: model, Projector: "nowhere.gguf"}); err == nil || !strings.Contains(err.Error(), "projector: ") {
		t.Errorf("got %v", err)
	}
}

func TestSplitParts(t *testing.T) {
	for path, want := range map[string]string{
		"m.gguf":                  "m.gguf",
		"d/m-00001-of-00002.gguf": "d/m-00001-of-00002.gguf d/m-00002-of-00002.gguf",
		"m-00002-of-00002.gguf":   "",
		"m-00001-of-00000.gguf":   "",
	} {
		parts, err := splitParts(path)
		if got := strings.Join(parts, " "); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

func TestBackoff(t *testing.T) {
	b := backoff{}
	var got []time.Duration
	for range 12 {
		got = append(got, b.next(time.Second))
	}
	if got[0] != firstDelay || got[1] != 2*firstDelay || got[11] != maxDelay {
		t.Errorf("pauses %v", got)
	}
	if again := b.next(servedWell); again != firstDelay {
		t.Errorf("after it served well: %v", again)
	}
}

func TestDefaultThreads(t *testing.T) {
	if n := defaultThreads(); n < 1 {
		t.Errorf("%d threads", n)
	}
}

func TestOutputIsBounded(t *testing.T) {
	o := &output{}
	o.Write([]byte("first\n\n  \n"))
	for range 100 {
		o.Write([]byte(strings.Repeat("x", 3000)))
		o.Write([]byte("y\nshort"))
		o.Write([]byte("er\n"))
	}
	o.Write([]byte("open"))
	lines := o.last(1000)
	if len(lines) != maxOutputLines+1 || lines[len(lines)-1] != "open" || lines[len(lines)-2] != "shorter" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-2:])
	}
	for _, line := range lines {
		if len(line) > maxLineBytes {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if got := o.last(2); len(got) != 2 {
		t.Errorf("the last two are %q", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := NewPool(Options{}); err == nil {
		t.Error("no error without a cache")
	}
	if _, err := NewPool(Options{Cache: sharedCache(t), Threads: -1}); err == nil {
		t.Error("no error with -1 threads")
	}
}

func TestNoEngine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := newPool(t, Options{Cache: sharedCache(t)})
	err := p.Fetch(t.Context(), Model{Weights: DefaultWeights})
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if strings.Count(text, "\n") != 2 || !strings.Contains(text, "llama-server") || !strings.Contains(text, "Python") || !strings.Contains(text, "OpenAI-compatible") {
		t.Errorf("not three lines that help: %s", text)
	}
	named := newPool(t, Options{Cache: sharedCache(t), Server: "/no/such/llama-server"})
	if err := named.Fetch(t.Context(), Model{Weights: DefaultWeights}); err == nil || !strings.Contains(err.Error(), "/no/such/llama-server") {
		t.Errorf("got %v", err)
	}
}

func TestLlamaServerOnPathComesFirst(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/llama-server", []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	found, err := locate(t.Context(), Options{})
	if err != nil || found.String() != dir+"/llama-server" {
		t.Errorf("got %v, %v", found, err)
	}
}
