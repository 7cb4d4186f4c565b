package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSentence bounds a sentence in bytes; a longer one is cut between words.
const maxSentence = 1000

// Sentence gives the length in bytes of the first sentence of a text that goes
// on, or 0 while it has no end. A sentence ends at a mark before white space, at a
// mark of a script without spaces, and at the end of a line.
func Sentence(text string) int {
	ended := false
	for at, r := range text {
		switch {
		case r == '\n' && strings.TrimSpace(text[:at]) != "", ended && unicode.IsSpace(r):
			return at
		case strings.ContainsRune("。！？", r):
			return at + utf8.RuneLen(r)
		case strings.ContainsRune(".!?…", r):
			ended = true
		case !strings.ContainsRune("\"'”’»)]", r):
			ended = false
		}
		if at >= maxSentence {
			return cut(text[:at])
		}
	}
	return 0
}

// cut gives the place of the last white space, or the whole length.
func cut(text string) int {
	if at := strings.LastIndexFunc(text, unicode.IsSpace); at > 0 {
		return at
	}
	return len(text)
}
