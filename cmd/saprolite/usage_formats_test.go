package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/meter"
)

// What callers say of themselves makes no rows of its own.
func TestTableOfOddValues(t *testing.T) {
	var out bytes.Buffer
	err := writeTable(&out, []meter.Field{meter.FieldOfMetadata("team")}, []meter.Sum{
		{Group: []string{"a\nb\t1"}, Calls: 1}, {Group: []string{""}, Calls: 2}, {Group: []string{"Ü b"}, Calls: 3},
	})
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v\n%s", err, &out)
	}
	for i, want := range []string{"METADATA:TEAM ", `"a\nb\t1" `, "- ", "Ü b "} {
		if !strings.HasPrefix(rows[i], want) {
			t.Errorf("row %d is %q", i, rows[i])
		}
	}
}
