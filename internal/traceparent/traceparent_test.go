package traceparent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/traceparent"
)

// The example of W3C's Trace Context.
const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name   string
		header http.Header
		want   traceparent.Context
	}{
		{"nothing", http.Header{}, traceparent.Context{}},
		{"parent", http.Header{"Traceparent": {parent}}, traceparent.Context{Parent: parent}},
		{"state in two headers", http.Header{"Traceparent": {parent}, "Tracestate": {"a=1", "b=2"}}, traceparent.Context{Parent: parent, State: "a=1,b=2"}},
		{"state alone", http.Header{"Tracestate": {"a=1"}}, traceparent.Context{}},
		{"state too long", http.Header{"Traceparent": {parent}, "Tracestate": {strings.Repeat("a", 513)}}, traceparent.Context{Parent: parent}},
		{"two parents", http.Header{"Traceparent": {parent, parent}}, traceparent.Context{}},
		{"capitals", http.Header{"Traceparent": {strings.ToUpper(parent)}}, traceparent.Context{}},
		{"no trace", http.Header{"Traceparent": {"00-00000000000000000000000000000000-b7ad6b7169203331-01"}}, traceparent.Context{}},
		{"no span", http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"}}, traceparent.Context{}},
		{"too much of version 00", http.Header{"Traceparent": {parent + "-x"}}, traceparent.Context{}},
		{"a later version", http.Header{"Traceparent": {"01" + parent[2:] + "-x"}}, traceparent.Context{Parent: "01" + parent[2:] + "-x"}},
		{"version ff", http.Header{"Traceparent": {"ff" + parent[2:]}}, traceparent.Context{}},
		{"short", http.Header{"Traceparent": {parent[:54]}}, traceparent.Context{}},
		{"baggage in two headers", http.Header{"Baggage": {"a=1", "b=2"}}, traceparent.Context{Baggage: "a=1,b=2"}},
		{"too much baggage", http.Header{"Baggage": {strings.Repeat("a", 8193)}}, traceparent.Context{}},
		{"X-Ray", http.Header{"X-Amzn-Trace-Id": {"Root=1-a"}}, traceparent.Context{XRay: "Root=1-a"}},
	} {
		if d := cmp.Diff(test.want, traceparent.Read(test.header)); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
	}
}

func TestXRay(t *testing.T) {
	const trace = "0af76519-16cd43dd8448eb211c80319c"
	for header, want := range map[string]string{
		"Root=1-" + trace + ";Parent=b7ad6b7169203331;Sampled=1":  parent,
		"Root=1-" + trace + "; Parent=b7ad6b7169203331":           parent,
		"Root=1-" + trace + ";Parent=b7ad6b7169203331;Sampled=0":  parent[:54] + "0",
		"Root=1-" + trace + ";Sampled=1":                          "",
		"Self=1-2-3":                                              "",
		"Root=1-" + trace + ";Parent=no hex at all xx;Sampled=1x": "",
	} {
		if got := (traceparent.Context{XRay: header}).W3C(); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	const next = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
	got := traceparent.Context{XRay: "Root=1-" + trace, State: "a=1", Baggage: "b=2"}.ForSpan(next)
	want := traceparent.Context{Parent: next, State: "a=1", XRay: "Root=1-" + trace + ";Parent=00f067aa0ba902b7;Sampled=1", Baggage: "b=2"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestInject(t *testing.T) {
	header := http.Header{}
	traceparent.Inject(t.Context(), header)
	if len(header) != 0 {
		t.Errorf("without a context: %v", header)
	}
	c := traceparent.Context{Parent: parent, State: "a=1", XRay: "Root=1-a", Baggage: "b=2"}
	traceparent.Inject(traceparent.With(t.Context(), c), header)
	if d := cmp.Diff(c, traceparent.Read(header)); d != "" {
		t.Error(d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(parent, "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331")
	f.Fuzz(func(t *testing.T, parent, ray string) {
		c := traceparent.Read(http.Header{"Traceparent": {parent}, "X-Amzn-Trace-Id": {ray}})
		again := traceparent.Context{Parent: c.W3C()}
		if again.Parent != "" && traceparent.Read(http.Header{"Traceparent": {again.Parent}}) != again {
			t.Errorf("%q is not taken again", again.Parent)
		}
	})
}
