package anthropic

import (
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
	g := generation{model: cutRevision(name)}
	g.major, g.minor = version(g.model)
	return g
}

// cutRevision takes away the end of an id that the name lacks, as -v1:0 or
// -v1:0:200k.
func cutRevision(name string) string {
	at := strings.LastIndex(name, "-v")
	if at < 0 {
		return name
	}
	number := name[at+len("-v"):]
	rest := strings.TrimLeft(number, "0123456789")
	if rest == number || rest != "" && rest[0] != ':' {
		return name
	}
	return name[:at]
}

// version reads claude-3-5-sonnet-20240620 as 3.5 and claude-sonnet-4-20250514
// as 4.0: numbers of more than two digits are dates.
func version(name string) (major, minor int) {
	read := 0
	for part := range strings.SplitSeq(name, "-") {
		n, err := strconv.ParseUint(part, 10, 8)
		switch {
		case err != nil || len(part) > 2:
		case read == 0:
			major, read = int(n), 1
		case read == 1:
			minor, read = int(n), 2
		}
	}
	return major, minor
}

// since says whether the model is of a version or later.
func (g generation) since(major, minor int) bool {
	return g.major > major || g.major == major && g.minor >= minor
}
