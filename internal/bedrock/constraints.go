package bedrock

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxViolations bounds the text of one error; the count in it stays exact.
const maxViolations = 100

// checker collects the breaches of one request.
type checker struct {
	count int
	texts []string
	// at is the way from the root to the structure that is being checked.
	at []step
}

// step leads to a member, or to an item of a member that is a list.
type step struct {
	name string
	// item is the 1-based position in the list, or 0.
	item int
}

// usualDepth is how deep most requests go.
const usualDepth = 8

func newChecker() *checker { return &checker{at: make([]step, 0, usualDepth)} }

func (c *checker) enter(name string) { c.at = append(c.at, step{name: name}) }

func (c *checker) enterItem(name string, i int) { c.at = append(c.at, step{name, i + 1}) }

func (c *checker) leave() { c.at = c.at[:len(c.at)-1] }

// path names a member of the current structure, or the structure itself, in the
// notation of the service's model layer, where list members count from one:
// messages.1.member.content.2.member.
func (c *checker) path(name string) string {
	var parts []string
	for _, step := range c.at {
		parts = append(parts, step.name)
		if step.item > 0 {
			parts = append(parts, strconv.Itoa(step.item), "member")
		}
	}
	if name != "" {
		parts = append(parts, name)
	}
	return strings.Join(parts, ".")
}

// fail records a breach by a member of the current structure. A nil value is
// sensitive and stays out of the text, and so do structures.
func (c *checker) fail(name string, value any, constraint string) {
	quoted := "Value"
	if value != nil && !holdsStructures(value) {
		quoted += " " + quote(value)
	}
	c.add(quoted, name, constraint)
}

func (c *checker) null(name string) { c.add("Value null", name, "Member must not be null") }

// union records that the current structure, a union, has no member or several.
func (c *checker) union(set ...bool) {
	n := 0
	for _, is := range set {
		if is {
			n++
		}
	}
	if n != 1 {
		c.add("Value", "", "Member must have exactly one member set")
	}
}

func (c *checker) add(value, name, constraint string) {
	c.count++
	if len(c.texts) < maxViolations {
		c.texts = append(c.texts, fmt.Sprintf("%s at '%s' failed to satisfy constraint: %s", value, c.path(name), constraint))
	}
}

// err words the breaches as the service does, or is nil.
func (c *checker) err() error {
	if c.count == 0 {
		return nil
	}
	plural := "s"
	if c.count == 1 {
		plural = ""
	}
	return &ValidationException{Message: fmt.Sprintf("%d validation error%s detected: %s", c.count, plural, strings.Join(c.texts, "; "))}
}

// holdsStructures says whether a value is a list with structures in it: they are
// of pointers, and what these point to can be long.
func holdsStructures(value any) bool {
	list := reflect.ValueOf(value)
	return list.Kind() == reflect.Slice && list.Len() > 0 && list.Type().Elem().Kind() == reflect.Struct
}

// quote prints a value as Java's toString does: lists in brackets, maps in
// braces.
func quote(value any) string {
	switch v := value.(type) {
	case []string:
		return "'[" + strings.Join(v, ", ") + "]'"
	case map[string]string:
		pairs := make([]string, 0, len(v))
		for key, value := range sortedMap(v) {
			pairs = append(pairs, key+"="+value)
		}
		return "'{" + strings.Join(pairs, ", ") + "}'"
	}
	return fmt.Sprintf("'%v'", value)
}

func sortedMap[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// pattern matches the whole of a value by one of its alternatives. Each is compiled when
// it is first asked: few ever are, and all together take 3 MB and some milliseconds.
type pattern []func() *regexp.Regexp

func newPattern(alternatives ...string) pattern {
	p := make(pattern, len(alternatives))
	for i, alternative := range alternatives {
		p[i] = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + alternative + `)$`) })
	}
	return p
}

// MatchString says whether a value matches.
func (p pattern) MatchString(value string) bool {
	for _, alternative := range p {
		if alternative().MatchString(value) {
			return true
		}
	}
	return false
}
