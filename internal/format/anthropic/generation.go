package anthropic

import (
	"regexp"
	"strconv"
	"strings"
)

// generation is what a model id says of its answers.
type generation struct {
	// model is the name in answers, as claude-3-haiku-20240307.
	model string
	// completions tells that the model takes text completions, typed that the
	// answers to these have a type.
	completions, typed bool
	// major and minor are the version, as 4 and 5; both are zero in an id that
	// tells none.
	major, minor int
}

// first are the models whose ids do not hold their names.
var first = []struct {
	id string
	generation
}{
	{"claude-v2:1", generation{model: "claude-2.1", completions: true, typed: true, major: 2, minor: 1}},
	{"claude-v2", generation{model: "claude-2.0", completions: true, major: 2}},
	{"claude-v1", generation{model: "claude-1.3", completions: true, major: 1, minor: 3}},
	{"claude-instant", generation{model: "claude-instant-1.2", completions: true, major: 1, minor: 2}},
}

// revision is the end of an id that its name lacks, as -v1:0 or -v1:0:200k.
var revision = regexp.MustCompile(`-v\d+(:.*)?$`)

func generationOf(modelID string) generation {
	name := modelID
	if at := strings.Index(modelID, "claude-"); at >= 0 {
		name = modelID[at:]
	}
	for _, known := range first {
		if strings.HasPrefix(name, known.id) {
			return known.generation
		}
	}
	name = revision.ReplaceAllString(name, "")
	g := generation{model: name}
	g.major, g.minor = version(name)
	return g
}

// version reads claude-3-5-sonnet-20240620 as 3.5 and claude-sonnet-4-20250514
// as 4.0: numbers of more than two digits are dates.
func version(name string) (major, minor int) {
	var numbers []int
	for part := range strings.SplitSeq(name, "-") {
		if n, err := strconv.ParseUint(part, 10, 8); err == nil && len(part) <= 2 {
			numbers = append(numbers, int(n))
		}
	}
	numbers = append(numbers, 0, 0)
	return numbers[0], numbers[1]
}

// since says whether the model is of a version or later.
func (g generation) since(major, minor int) bool {
	return g.major > major || g.major == major && g.minor >= minor
}
