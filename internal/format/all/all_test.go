package all_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/format/all"
)

// makesFormat is how the folder of a format is told from the others.
var makesFormat = regexp.MustCompile(`(?m)^func New\(\) (\*?Format|format\.Format|Embedding|Ranking) `)

// TestFormats finds every folder that has a format, so that none is forgotten.
func TestFormats(t *testing.T) {
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if makesFormat.Match(source) {
			folders = append(folders, filepath.Base(filepath.Dir(file)))
		}
	}
	slices.Sort(folders)
	listed := slices.Collect(maps.Keys(all.Formats()))
	listed = slices.AppendSeq(listed, maps.Keys(all.Embeddings()))
	listed = slices.AppendSeq(listed, maps.Keys(all.Rankings()))
	listed = slices.AppendSeq(listed, maps.Keys(all.Images()))
	slices.Sort(listed)
	if diff := cmp.Diff(folders, listed); diff != "" || len(folders) == 0 {
		t.Errorf("(-folders +list)\n%s", diff)
	}
}
