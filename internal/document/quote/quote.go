// Package quote finds what a text quotes of others, word for word.
package quote

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// minWeight is how long a quotation is at least: five words. A character of a
	// script without spaces between words is half a word.
	minWeight  = 5 * wordWeight
	wordWeight = 2
	// seedWords is how many words in a row are looked for first.
	seedWords = 3
	// maxSteps bounds the comparisons for one sentence.
	maxSteps = 4 << 20
)

// Quotation is one stretch of a sentence that stands in a passage, white space,
// case and the punctuation around words aside. Places are in bytes, ends
// exclusive.
type Quotation struct {
	// From and To are the place in the sentence.
	From, To int
	// Passage is the number of the passage, Start and End the place in it.
	Passage, Start, End int
}

// Finder finds quotations of passages. It is safe for concurrent use.
type Finder struct {
	seed     maphash.Seed
	passages [][]word
}

// NewFinder makes a finder for passages: pages, chunks, whole documents. No
// quotation reaches from one passage into the next.
func NewFinder(passages []string) *Finder {
	f := &Finder{seed: maphash.MakeSeed()}
	for _, passage := range passages {
		f.passages = append(f.passages, f.words(passage))
	}
	return f
}

// word is one word of a text.
type word struct {
	// hash is that of the word without case and punctuation.
	hash       uint64
	start, end int
	weight     int
}

// words takes a text apart.
func (f *Finder) words(text string) []word {
	var all []word
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case unicode.IsSpace(r):
			at += size
			continue
		case dense(r):
			all = append(all, word{maphash.String(f.seed, text[at:at+size]), at, at + size, 1})
			at += size
			continue
		}
		end := at + strings.IndexFunc(text[at:], func(r rune) bool { return unicode.IsSpace(r) || dense(r) })
		if end < at {
			end = len(text)
		}
		core := strings.TrimFunc(text[at:end], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		if core != "" {
			all = append(all, word{maphash.String(f.seed, strings.ToLower(core)), at, end, wordWeight})
		}
		at = end
	}
	return all
}

// dense tells the scripts that part no words.
func dense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// Find gives the longest quotations in a sentence, in order and without overlap.
// Of equal ones in several passages the first is meant.
func (f *Finder) Find(sentence string) []Quotation {
	said := f.words(sentence)
	seeds := map[[seedWords]uint64][]int{}
	for i := range len(said) - seedWords + 1 {
		seeds[seedAt(said, i)] = append(seeds[seedAt(said, i)], i)
	}
	if len(seeds) == 0 {
		return nil
	}
	var found []run
	steps := 0
	for p, passage := range f.passages {
		for at := range len(passage) - seedWords + 1 {
			for _, from := range seeds[seedAt(passage, at)] {
				if at > 0 && from > 0 && passage[at-1].hash == said[from-1].hash {
					continue // the run began earlier
				}
				one := run{passage: p, at: at, from: from}
				one.measure(said, passage)
				if steps += one.length; steps > maxSteps {
					return quotations(said, f.passages, found)
				}
				if one.weight >= minWeight {
					found = append(found, one)
				}
			}
		}
	}
	return quotations(said, f.passages, found)
}

func seedAt(words []word, at int) (seed [seedWords]uint64) {
	for i := range seed {
		seed[i] = words[at+i].hash
	}
	return seed
}

// run is a row of words that a sentence and a passage share.
type run struct {
	passage, at, from int
	length, weight    int
}

func (r *run) measure(said, passage []word) {
	for r.from+r.length < len(said) && r.at+r.length < len(passage) &&
		said[r.from+r.length].hash == passage[r.at+r.length].hash {
		r.weight += said[r.from+r.length].weight
		r.length++
	}
}

// quotations takes the longest runs first, and those that overlap none taken.
func quotations(said []word, passages [][]word, found []run) []Quotation {
	slices.SortStableFunc(found, func(a, b run) int { return b.weight - a.weight })
	taken := make([]bool, len(said))
	var all []Quotation
	for _, one := range found {
		if slices.Contains(taken[one.from:one.from+one.length], true) {
			continue
		}
		for i := range one.length {
			taken[one.from+i] = true
		}
		passage := passages[one.passage]
		all = append(all, Quotation{
			From: said[one.from].start, To: said[one.from+one.length-1].end,
			Passage: one.passage, Start: passage[one.at].start, End: passage[one.at+one.length-1].end,
		})
	}
	slices.SortFunc(all, func(a, b Quotation) int { return a.From - b.From })
	return all
}
