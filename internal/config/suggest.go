package config

import (
	"slices"
	"strings"
)

// maxWord bounds the words that are compared, in bytes.
const maxWord = 64

// remedy tells what to write instead of a word that is none of the choices.
func remedy(word string, choices []string) string {
	if best := nearest(word, choices); best != "" {
		return "did you mean " + best + "?"
	}
	return "take " + alternatives(choices)
}

// alternatives writes a, b or c.
func alternatives(words []string) string {
	const most = 24
	if len(words) > most {
		words = append(slices.Clone(words[:most]), "...")
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// nearest gives the choice that the word most likely is a misspelling of, or
// nothing when none is near.
func nearest(word string, choices []string) string {
	best, least := "", min(len(word)/3+2, maxWord)
	for _, c := range choices {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete, replace or swap with their
// neighbour to make a into b.
func distance(a, b string) int {
	if len(a) > maxWord || len(b) > maxWord {
		return maxWord // too long to compare
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(prev[j]+cost, prev[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
