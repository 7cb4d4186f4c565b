package server_test

import (
	"cmp"
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/recorded"
)

var update = flag.Bool("update", false, "write docs/COVERAGE.md anew")

// abilitiesOfToday is what the providers of real models carry.
func abilitiesOfToday() provider.Abilities {
	client := openai.Client{Media: provider.Abilities{Images: true, Video: true, Audio: true}}
	return client.Abilities("")
}

// refusals are the words in which a request is refused whose feature nobody
// carries, by feature.
var refusals = map[string]*regexp.Regexp{
	tools:       regexp.MustCompile(`^This model doesn't support tool use\.$`),
	structured:  regexp.MustCompile(`^This model doesn't support the outputConfig field\.`),
	images:      regexp.MustCompile(`^This model doesn't support the image content block`),
	documents:   regexp.MustCompile(`^This model doesn't support the document content block`),
	video:       regexp.MustCompile(`^This model doesn't support the video content block`),
	citations:   regexp.MustCompile(`^This model doesn't support the citationsContent content block`),
	systemTools: regexp.MustCompile(`^This model doesn't support the systemTool field\.`),
	promptCache: regexp.MustCompile(`^You invoked an unsupported model or your request did not allow prompt caching\.`),
	guardrails:  regexp.MustCompile(`^The provided guardrail identifier is invalid\.$`),
	completions: regexp.MustCompile(`^Malformed input request: #: required key \[messages\] not found`),
}

// beyond are the features that wait for more than a provider, in the order in
// which a request counts under one.
var beyond = []string{guardrails, completions, systemTools, citations}

// verdict is what became of a recorded request.
type verdict struct {
	one *recorded.Interaction
	// now and best are the answers by the providers of today and by one that
	// carries everything; nowDiffers and bestDiffers how they differ from the
	// recorded one.
	now, best               answered
	nowDiffers, bestDiffers string
}

// row is one line of the table.
type row struct {
	recorded, now, best, waits, noEvidence int
	// features count what does not work today, by feature.
	features map[string]int
}

func newRow() *row { return &row{features: map[string]int{}} }

// coverage counts verdicts.
type coverage struct {
	rows map[[2]string]*row
	// providers and others count what waits, by feature: for a provider alone,
	// and for more than that.
	providers, others map[string]int
}

func newCoverage() *coverage {
	return &coverage{map[[2]string]*row{}, map[string]int{}, map[string]int{}}
}

func (c *coverage) add(t *testing.T, v verdict) {
	t.Helper()
	key := [2]string{v.one.Operation, v.one.Family}
	if c.rows[key] == nil {
		c.rows[key] = newRow()
	}
	r := c.rows[key]
	r.recorded++
	switch {
	case v.one.Quality != recorded.Genuine:
		r.noEvidence++
		if v.now.status >= 500 {
			t.Errorf("%s: status %d for a request that is merely odd", v.one.ID, v.now.status)
		}
		return
	case v.nowDiffers == "":
		r.now++
		return
	case v.bestDiffers == "":
		r.best++
		feature := reason(t, v, features(v.one))
		r.features[feature]++
		c.providers[feature]++
		return
	}
	r.waits++
	reason(t, v, features(v.one))
	for _, feature := range beyond {
		if slices.Contains(features(v.one), feature) {
			r.features[feature]++
			c.others[feature]++
			return
		}
	}
	t.Errorf("%s: answered in another way than AWS did, and nothing in the request says why: %s", v.one.ID, v.bestDiffers)
}

// reason is the feature that the providers of today refuse a request for. A
// request that waits MUST be refused, in words that fit what it uses.
func reason(t *testing.T, v verdict, used []string) string {
	t.Helper()
	message := messageOf(t, v.now)
	for _, feature := range used {
		if words := refusals[feature]; words != nil && words.MatchString(message) && v.now.status/100 == 4 {
			return feature
		}
	}
	t.Errorf("%s waits without a reason: status %d %q for %q: %s", v.one.ID, v.now.status, message, used, v.nowDiffers)
	return ""
}

// compare holds the file to the table, or writes it.
func (c *coverage) compare(t *testing.T, file string) {
	t.Helper()
	got := c.markdown()
	t.Log("\n" + got)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-file +test); run the test with -update:\n%s", file, d)
	}
}

//go:embed testdata/coverage.md
var preface string

func (c *coverage) markdown() string {
	var out strings.Builder
	out.WriteString(preface)
	out.WriteString("\n## By operation and family\n\n")
	out.WriteString("| operation | family | recorded | answered today | with a provider that carries it | waits | no evidence | what does not work today |\n|---|---|---:|---:|---:|---:|---:|---|\n")
	sum := newRow()
	for _, operation := range operations {
		all := newRow()
		for _, key := range slices.SortedFunc(maps.Keys(c.rows), func(a, b [2]string) int { return cmp.Compare(a[1], b[1]) }) {
			if key[0] == operation {
				all.plus(c.rows[key])
				out.WriteString(c.rows[key].line(operation, key[1]))
			}
		}
		sum.plus(all)
		out.WriteString(all.line("**"+operation+"**", "**all**"))
	}
	out.WriteString(sum.line("**all**", ""))
	out.WriteString("\n## What waits, and for what\n\n| feature | requests | waits for |\n|---|---:|---|\n")
	for _, feature := range slices.Sorted(maps.Keys(c.providers)) {
		fmt.Fprintf(&out, "| %s | %d | a provider that carries it |\n", feature, c.providers[feature])
	}
	for _, feature := range slices.Sorted(maps.Keys(c.others)) {
		fmt.Fprintf(&out, "| %s | %d | being built |\n", feature, c.others[feature])
	}
	return out.String()
}

func (r *row) plus(s *row) {
	r.recorded += s.recorded
	r.now += s.now
	r.best += s.best
	r.waits += s.waits
	r.noEvidence += s.noEvidence
	for feature, n := range s.features {
		r.features[feature] += n
	}
}

func (r *row) line(operation, family string) string {
	cells := []string{operation, family}
	for _, n := range []int{r.recorded, r.now, r.best, r.waits, r.noEvidence} {
		cell := ""
		if n > 0 {
			cell = fmt.Sprint(n)
		}
		cells = append(cells, cell)
	}
	var missing []string
	for _, feature := range slices.Sorted(maps.Keys(r.features)) {
		missing = append(missing, fmt.Sprintf("%s %d", feature, r.features[feature]))
	}
	cells = append(cells, strings.Join(missing, ", "))
	return "| " + strings.Join(cells, " | ") + " |\n"
}
