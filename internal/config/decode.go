package config

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// decoder lays a YAML document over a struct, and notes where each key stands
// and what is wrong.
type decoder struct {
	source
	problems Problems
}

func (d *decoder) fail(key, what, remedy string) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, d.problem(key, what, remedy))
	}
}

func (d *decoder) failKeys(n *yaml.Node, key string) {
	d.fail(key, "this is "+kind(n)+", and must be keys with values", "write each as \"key: value\" on a line of its own")
}

// shorthand is a struct that a single value may stand for.
type shorthand interface {
	// short sets what that value means.
	short(text string)
}

// decode lays n over v. An empty node leaves v as it is. The depth of the types
// bounds the recursion, whatever the document refers to.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, key string) {
	n = target(n)
	if p, ok := v.Addr().Interface().(*Provider); ok {
		d.provider(n, p, key)
		return
	}
	if document, ok := v.Addr().Interface().(*Document); ok {
		d.policyDocument(n, document, key)
		return
	}
	if n.ShortTag() == "!!null" {
		return
	}
	if short, ok := v.Addr().Interface().(shorthand); ok && n.Kind == yaml.ScalarNode {
		short.short(n.Value)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), key)
	case reflect.Struct:
		d.structure(n, v, key)
	case reflect.Map:
		d.mapping(n, v, key)
	case reflect.Slice:
		d.list(n, v, key)
	default:
		if n.Kind != yaml.ScalarNode {
			d.fail(key, "this is "+kind(n)+", and must be a single value", "write it on the line of the key")
		} else if problem, cure := scalar(n, v); problem != "" {
			d.fail(key, problem, cure)
		}
	}
}

// structure lays a mapping over the fields of a struct; the keys in skip are
// someone else's.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, key string, skip ...string) {
	fields := map[string]reflect.Value{}
	for field, value := range v.Fields() {
		if name := field.Tag.Get("yaml"); name != "" {
			fields[name] = value
		}
	}
	for name, value := range d.pairs(n, key) {
		if slices.Contains(skip, name) {
			continue
		}
		if field, ok := fields[name]; ok {
			d.decode(value, field, join(key, name))
		} else {
			names := slices.Sorted(maps.Keys(fields))
			d.fail(join(key, name), "there is no such key", remedy(name, names))
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	v.Set(reflect.MakeMap(v.Type()))
	for name, value := range d.pairs(n, key) {
		of := reflect.New(v.Type().Key())
		if choice, ok := of.Interface().(interface{ values() []string }); ok && !slices.Contains(choice.values(), name) {
			d.fail(join(key, name), "there is no such key", remedy(name, choice.values()))
			continue
		}
		of.Elem().SetString(name)
		element := reflect.New(v.Type().Elem()).Elem()
		d.decode(value, element, join(key, name))
		v.SetMapIndex(of.Elem(), element)
	}
}

// list reads a sequence; a single value is a sequence of one.
func (d *decoder) list(n *yaml.Node, v reflect.Value, key string) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", key, i)
		d.lines[at] = item.Line
		item = target(item)
		if item.ShortTag() == "!!null" {
			d.fail(at, "the entry is empty", "write a value after the -, or delete it")
		}
		d.decode(item, v.Index(i), at)
	}
}

// pairs yields the keys and values of a mapping whose keys are distinct words.
func (d *decoder) pairs(n *yaml.Node, key string) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			d.failKeys(n, key)
			return
		}
		first := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			at := join(key, name.Value)
			if name.Kind != yaml.ScalarNode {
				at = join(key, "?") // as YAML marks such keys
			}
			d.lines[at] = name.Line
			switch line := first[name.Value]; {
			case name.Kind != yaml.ScalarNode:
				d.fail(at, "a key must be a word", "write it as \"key: value\"")
			case line > 0:
				d.fail(at, fmt.Sprintf("the key is there twice, first in line %d", line), "delete one of them")
			case !yield(name.Value, value):
				return
			}
			if first[name.Value] == 0 {
				first[name.Value] = name.Line
			}
		}
	}
}

// provider reads the keys that a provider of its type has.
func (d *decoder) provider(n *yaml.Node, p *Provider, key string) {
	if n.Kind != yaml.MappingNode {
		d.failKeys(n, key)
		return
	}
	name, value := typeOf(n)
	if value == nil {
		d.fail(key, "the type is missing", "add \"type: \" and "+alternatives(p.Type.values()))
		return
	}
	at := join(key, "type")
	d.lines[at] = name.Line
	d.decode(value, reflect.ValueOf(&p.Type).Elem(), at)
	var keys any
	switch p.Type {
	case TypeLlamaCpp:
		p.LlamaCpp = defaultLlamaCpp()
		keys = p.LlamaCpp
	case TypeOpenAI:
		p.OpenAI = defaultOpenAI()
		keys = p.OpenAI
	case TypeAnthropic:
		p.Anthropic = defaultAnthropic()
		keys = p.Anthropic
	case TypeBedrock:
		p.Bedrock = defaultBedrock()
		keys = p.Bedrock
	case TypeFailover, TypeWeighted:
		p.Failover = defaultFailover()
		keys = p.Failover
	case TypeScript:
		p.Script = new(Script)
		keys = p.Script
	default:
		return // the type is wrong, so its keys are unknown
	}
	d.structure(n, reflect.ValueOf(keys).Elem(), key, "type")
}

// typeOf finds the key type and its value, if there is one.
func typeOf(n *yaml.Node) (name, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if name, value := n.Content[i], target(n.Content[i+1]); name.Value == "type" && value.ShortTag() != "!!null" {
			return name, value
		}
	}
	return nil, nil
}

// scalar sets v to the value of n, or tells what is wrong.
func scalar(n *yaml.Node, v reflect.Value) (problem, cure string) {
	switch value := v.Addr().Interface().(type) {
	case *time.Duration:
		return setDuration(n.Value, value)
	case *Size:
		size, err := parseSize(n.Value)
		if err != nil {
			return n.Value + " is no size", err.Error()
		}
		*value = size
		return "", ""
	case *Mode:
		mode, err := parseMode(n.Value)
		if err != nil {
			return fmt.Sprintf("%q is no mode of a file", n.Value), "write it in octal digits, as \"0660\""
		}
		*value = mode
		return "", ""
	case interface{ values() []string }:
		if choices := value.values(); !slices.Contains(choices, n.Value) {
			return fmt.Sprintf("%q is not one of the choices", n.Value), remedy(n.Value, choices)
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Bool:
		is, err := strconv.ParseBool(n.Value)
		if err != nil || n.ShortTag() != "!!bool" {
			return fmt.Sprintf("%q is neither true nor false", n.Value), "write true or false"
		}
		v.SetBool(is)
	default:
		number, err := strconv.ParseInt(n.Value, 0, v.Type().Bits())
		if err != nil || number < 0 {
			return fmt.Sprintf("%q is no whole number from 0", n.Value), "write a number without a unit"
		}
		v.SetInt(number)
	}
	return "", ""
}

func setDuration(s string, target *time.Duration) (problem, cure string) {
	duration, err := time.ParseDuration(s)
	if err != nil || duration < 0 {
		return fmt.Sprintf("%q is no duration", s), "write a number with a unit, as 500ms, 30s, 10m or 1h"
	}
	*target = duration
	return "", ""
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// kind names what a node is, for those who do not know YAML's words. It does not
// show the value, which may be a secret.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a set of keys"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}

func join(key, name string) string { return strings.TrimPrefix(key+"."+name, ".") }
