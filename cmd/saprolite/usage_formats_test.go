package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/meter"
)

// The three formats have the same columns, and times of less than a millisecond are not
// none.
func TestFormatsOfTimes(t *testing.T) {
	sums := []meter.Sum{
		{Group: []string{"a"}, Calls: 2, FirstToken: 1500 * time.Microsecond, Total: 2 * time.Second},
		{Group: []string{"b"}, Calls: 1, Total: time.Microsecond},
	}
	for format, want := range map[string]string{
		"table": "MODEL  CALLS  ERRORS  INPUT TOKENS  OUTPUT TOKENS  AVERAGE FIRST TOKEN MS  AVERAGE TOTAL MS  COST $\n" +
			"a      2      0       0             0              2                       2000              0.00\n" +
			"b      1      0       0             0              0                       1                 0.00\n",
		"csv": "model,calls,errors,inputTokens,outputTokens,cacheReadTokens,cacheWriteTokens,images,embeddings,guardrailUnits,averageFirstTokenMs,averageTotalMs,cost\n" +
			"a,2,0,0,0,0,0,0,0,0,2,2000,0.00\nb,1,0,0,0,0,0,0,0,0,0,1,0.00\n",
		"json": `[
  {
    "averageFirstTokenMs": 2,
    "averageTotalMs": 2000,
    "cacheReadTokens": 0,
    "cacheWriteTokens": 0,
    "calls": 2,
    "cost": 0.00,
    "embeddings": 0,
    "errors": 0,
    "guardrailUnits": 0,
    "images": 0,
    "inputTokens": 0,
    "model": "a",
    "outputTokens": 0
  },
`,
	} {
		var out bytes.Buffer
		if err := writers[format](&out, []meter.Field{meter.FieldModel}, sums); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n%s", format, cmp.Diff(want, got))
		}
	}
}

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
