package server_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	gocmp "github.com/google/go-cmp/cmp"
)

// jsonLines gives a JSON value as lines of pointer and value, in its order. The
// values at masked pointers, whose inner tokens may be * for any, are left out; numbers have one spelling.
func jsonLines(t testing.TB, value []byte, masked ...string) []string {
	t.Helper()
	var lines []string
	decoder := jsontext.NewDecoder(bytes.NewReader(value))
	for decoder.PeekKind() != 0 {
		token, err := decoder.ReadToken()
		if err != nil {
			t.Fatalf("%v in %s", err, value)
		}
		at := decoder.StackPointer()
		if kind, length := decoder.StackIndex(decoder.StackDepth()); kind == '{' && length%2 == 1 {
			continue // a name; it is part of its value's pointer
		}
		text := token.String()
		switch token.Kind() {
		case '}', ']':
			continue
		case '0':
			text = strconv.FormatFloat(must(token.Float()), 'g', -1, 64)
		case '"':
			text = strconv.Quote(text)
		}
		if slices.ContainsFunc(masked, func(pattern string) bool { return matches(at, pattern) }) {
			text = "*"
		}
		lines = append(lines, fmt.Sprintf("%s %s", at, text))
	}
	return lines
}

func must(number float64, err error) float64 {
	if err != nil {
		panic(err)
	}
	return number
}

func matches(at jsontext.Pointer, pattern string) bool {
	if last := pattern[strings.LastIndexByte(pattern, '/'):]; !strings.HasSuffix(string(at), last) {
		return false // most are told apart by this
	}
	got, want := strings.Split(string(at), "/"), strings.Split(pattern, "/")
	return slices.EqualFunc(got, want, func(got, want string) bool { return want == "*" || got == want })
}

// pathsOf gives the pointers of lines in their order, all elements of an array
// under one, and says which are null.
func pathsOf(lines []string) []string {
	var paths []string
	for _, line := range lines {
		pointer, value, _ := strings.Cut(line, " ")
		tokens := strings.Split(pointer, "/")
		for i, token := range tokens {
			if _, err := strconv.Atoi(token); err == nil {
				tokens[i] = "0"
			}
		}
		path := strings.Join(tokens, "/")
		if value == "null" {
			path += " null"
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// diffLines says how lines differ, or nothing.
func diffLines(want, got []string) string {
	if slices.Equal(want, got) {
		return "" // cmp.Diff takes its time
	}
	return gocmp.Diff(want, got)
}
