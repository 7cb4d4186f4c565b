package config

import (
	"fmt"
	"strings"
)

// maxProblems bounds what is told about one file.
const maxProblems = 20

// Problem is one thing that is wrong with a file.
type Problem struct {
	// File is the file's path as given. Line counts from 1; 0 means the whole
	// file.
	File string
	Line int
	// Key is the path of the key, as models[0].provider; empty for the whole
	// file.
	Key string
	// What is wrong, and what to do about it.
	What, Remedy string
}

// Error gives file:line: key: what; remedy.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Remedy != "" {
		b.WriteString("; " + p.Remedy)
	}
	return b.String()
}

// Problems is all that is wrong with a file, in the order of its lines.
type Problems []*Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives each problem.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// source remembers where the keys of a file stand.
type source struct {
	file  string
	lines map[string]int
}

// Problem makes an error about a key of the file, for what is found wrong after
// loading. A key that the file leaves out stands at the line of the nearest one
// around it.
func (c *Config) Problem(key, what, remedy string) *Problem {
	return c.source.problem(key, what, remedy)
}

func (s *source) problem(key, what, remedy string) *Problem {
	p := &Problem{File: s.file, Key: key, What: what, Remedy: remedy}
	for at := key; at != ""; at = at[:max(strings.LastIndexAny(at, ".["), 0)] {
		if line := s.lines[at]; line > 0 {
			p.Line = line
			break
		}
	}
	return p
}
