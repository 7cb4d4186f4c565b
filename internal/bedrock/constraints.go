package bedrock

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxViolations bounds the text of one error; the count in it stays exact.
const maxViolations = 100

// checker collects the breaches of one request.
type checker struct {
	count int
	texts []string
}

// fail records a breach. A nil value is sensitive and stays out of the text.
func (c *checker) fail(at *path, value any, constraint string) {
	c.count++
	if len(c.texts) == maxViolations {
		return
	}
	quoted := ""
	if value != nil {
		quoted = " " + quote(value)
	}
	c.texts = append(c.texts, fmt.Sprintf("Value%s at '%s' failed to satisfy constraint: %s", quoted, at, constraint))
}

func (c *checker) null(at *path) {
	c.count++
	if len(c.texts) < maxViolations {
		c.texts = append(c.texts, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", at))
	}
}

// union records a union with no member or several.
func (c *checker) union(at *path, set ...bool) {
	n := 0
	for _, is := range set {
		if is {
			n++
		}
	}
	if n != 1 {
		c.fail(at, nil, "Member must have exactly one member set")
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

// path is a place in a request, as a chain towards the root; it becomes text
// only when something is wrong there.
type path struct {
	parent *path
	name   string
	// item is the 1-based position in a list, or 0.
	item int
}

func (p *path) member(name string) path { return path{parent: p, name: name} }

func (p *path) index(i int) path { return path{parent: p, item: i + 1} }

// String writes the path in the notation of the service's model layer, where
// list members count from one: messages.1.member.content.2.member.
func (p *path) String() string {
	var parts []string
	for ; p != nil; p = p.parent {
		if p.item > 0 {
			parts = append(parts, strconv.Itoa(p.item)+".member")
		} else {
			parts = append(parts, p.name)
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}
