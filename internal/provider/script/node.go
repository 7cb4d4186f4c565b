package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

// Error is a mistake in a file of rules.
type Error struct {
	// File is the name of the file, Line the line of the mistake from 1 on.
	File string
	Line int
	// Err says what is wrong and what would be right.
	Err error
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// at says where a mistake is, unless that is known already.
func at(node *yaml.Node, err error) error {
	if _, ok := errors.AsType[*Error](err); ok || err == nil {
		return err
	}
	return &Error{Line: node.Line, Err: err}
}

func mistake(node *yaml.Node, format string, args ...any) error {
	return at(node, fmt.Errorf(format, args...))
}

// root gives the top of a document, nil for an empty one.
func root(data []byte) (*yaml.Node, error) {
	var document yaml.Node
	err := yaml.Load(data, &document)
	if syntax, ok := errors.AsType[*yaml.LoadError](err); ok && syntax.Mark.Line > 0 {
		return nil, &Error{Line: syntax.Mark.Line, Err: errors.New(syntax.Message)}
	}
	if err != nil {
		return nil, &Error{Line: 1, Err: err}
	}
	return resolve(document.Content[0]), nil
}

// resolve follows an alias to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// keys is how the members of a mapping are read.
type keys map[string]func(*yaml.Node) error

// read reads a mapping whose members are all known and there once.
func (k keys) read(node *yaml.Node, what string) error {
	if node.Kind != yaml.MappingNode {
		return mistake(node, "%s must be a mapping with some of %s", what, k)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		member, ok := k[key.Value]
		switch {
		case !ok:
			return mistake(key, "%s has no %q; it has %s", what, key.Value, k)
		case seen[key.Value]:
			return mistake(key, "%q is there twice", key.Value)
		}
		seen[key.Value] = true
		if err := member(resolve(node.Content[i+1])); err != nil {
			return at(key, err)
		}
	}
	return nil
}

func (k keys) String() string { return strings.Join(slices.Sorted(maps.Keys(k)), ", ") }

// scalar gives the text of a scalar, whatever it would be a number or a boolean of.
func scalar(node *yaml.Node) (string, error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() == "!!null" {
		return "", mistake(node, "this must be a text")
	}
	return node.Value, nil
}

// into makes a reader of a scalar that parse understands.
func into[T any](target *T, what string, parse func(string) (T, error)) func(*yaml.Node) error {
	return func(node *yaml.Node) error {
		text, err := scalar(node)
		if err == nil {
			*target, err = parse(text)
		}
		if err != nil {
			return mistake(node, "this must be %s", what)
		}
		return nil
	}
}

func intoText(target *string) func(*yaml.Node) error {
	return into(target, "a text", func(s string) (string, error) { return s, nil })
}

// intoCount reads a number of at least least.
func intoCount(target **int32, least int64) func(*yaml.Node) error {
	return into(target, fmt.Sprintf("a number, %d or more", least), func(s string) (*int32, error) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err == nil && n < least {
			err = strconv.ErrRange
		}
		return new(int32(n)), err
	})
}

func intoDuration(target *time.Duration) func(*yaml.Node) error {
	return into(target, "a duration as 20ms or 1.5s", func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err == nil && d < 0 {
			err = strconv.ErrRange
		}
		return d, err
	})
}

// intoObject reads a mapping as JSON.
func intoObject(target *json.RawMessage) func(*yaml.Node) error {
	return func(node *yaml.Node) error {
		if node.Kind != yaml.MappingNode {
			return mistake(node, "this must be a mapping")
		}
		text, err := appendJSON(nil, node, 0)
		*target = text
		return err
	}
}

// appendJSON writes a node as compact JSON, the keys in the order of the file. A
// date is a text, as it stands there.
func appendJSON(b []byte, node *yaml.Node, depth int) ([]byte, error) {
	const maxDepth, maxSize = 100, 1 << 20 // aliases can make a small file endless
	if node = resolve(node); depth > maxDepth || len(b) > maxSize {
		return nil, mistake(node, "this is too deep or too large")
	}
	var err error
	switch node.Kind {
	case yaml.ScalarNode:
		return appendScalar(b, node)
	case yaml.SequenceNode:
		b = append(b, '[')
		for i, item := range node.Content {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(b, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	b = append(b, '{')
	for i := 0; i+1 < len(node.Content); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := scalar(resolve(node.Content[i]))
		if err != nil {
			return nil, err
		}
		b = append(appendText(b, key), ':')
		if b, err = appendJSON(b, node.Content[i+1], depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendScalar(b []byte, node *yaml.Node) ([]byte, error) {
	switch node.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		var value any
		if err := node.Load(&value); err != nil {
			return nil, mistake(node, "%q is no value", node.Value)
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, mistake(node, "%q has no JSON", node.Value)
		}
		return append(b, text...), nil
	}
	return appendText(b, node.Value), nil
}

func appendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // invalid UTF-8 is replaced
	return b
}
