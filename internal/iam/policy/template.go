package policy

import (
	"errors"
	"fmt"
	"strings"
)

// syntax says what of a text is more than itself.
type syntax struct {
	// variables is true for ${...}, which policies of 2012-10-17 have.
	variables bool
	// wildcards is true for * and ?.
	wildcards bool
	// resource is true for an ARN in Resource, where wildcards before the fifth
	// colon keep to their segment, unless a star ends it.
	resource bool
	// fold is true where case does not count.
	fold bool
}

// template is a text of a policy, compiled: patterns, and variables between them.
type template struct {
	source string
	glob   glob
	// pieces is nil when there are no variables; then glob is the whole text.
	pieces []piece
}

// piece is a run of steps, or, with a key, the value of a variable.
type piece struct {
	ops      []op
	key      string
	fallback string
	// optional is true when the variable has a default value.
	optional bool
}

// newTemplate compiles s. The error says what is wrong with a variable.
func newTemplate(s string, syn syntax) (template, error) {
	c := templateCompiler{syntax: syn, rest: s}
	if err := c.run(); err != nil {
		return template{}, err
	}
	t := template{source: s}
	if c.pieces == nil {
		t.glob = newGlob(c.ops, syn.fold)
		return t, nil
	}
	t.pieces = append(c.pieces, piece{ops: c.ops})
	return t, nil
}

// room is the number of steps that the stack holds while variables are replaced;
// longer patterns go to the heap.
const room = 320

// match says whether value fits. A variable without a value fits nothing.
func (t *template) match(e *env, value string) bool {
	if t.pieces == nil {
		return t.glob.match(value)
	}
	var buffer [room]op
	ops, ok := t.resolve(e, buffer[:0], nil)
	return ok && matchOps(ops, value, false)
}

// mayMatch is match, but takes a variable without a value for any text.
func (t *template) mayMatch(e *env, value string) bool {
	if t.pieces == nil {
		return t.glob.match(value)
	}
	var buffer [room]op
	ops, _ := t.resolve(e, buffer[:0], []op{opStar})
	return matchOps(ops, value, false)
}

// equalFold is match for a text without wildcards, where case does not count in
// any alphabet.
func (t *template) equalFold(e *env, value string) bool {
	if t.pieces == nil {
		return strings.EqualFold(t.glob.literal, value)
	}
	ops, ok := t.resolve(e, nil, nil)
	return ok && strings.EqualFold(literalText(ops), value)
}

// resolvable says whether all variables have values.
func (t *template) resolvable(e *env) bool {
	for i := range t.pieces {
		if p := &t.pieces[i]; p.key != "" {
			if _, ok := p.value(e); !ok {
				return false
			}
		}
	}
	return true
}

// resolve appends the steps of t to ops. What stands in values is never a
// wildcard. Without missing, which stands for variables that have no value, it
// fails for these.
func (t *template) resolve(e *env, ops, missing []op) ([]op, bool) {
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.key == "" {
			ops = append(ops, p.ops...)
			continue
		}
		value, ok := p.value(e)
		switch {
		case ok:
		case missing == nil:
			return nil, false
		default:
			ops = append(ops, missing...)
		}
		for j := range len(value) {
			ops = append(ops, op(value[j]))
		}
	}
	return ops, true
}

func (p *piece) value(e *env) (string, bool) {
	switch values := e.lookup(p.key); {
	case len(values) == 1:
		return values[0], true
	case len(values) == 0 && p.optional:
		return p.fallback, true
	default:
		return "", false
	}
}

// text is the template with its variables replaced, for people; variables
// without a value stay.
func (t *template) text(e *env) string {
	if t.pieces == nil || !t.resolvable(e) {
		return t.source
	}
	ops, _ := t.resolve(e, nil, nil)
	var b strings.Builder
	for _, o := range ops {
		switch o {
		case opStar, opStarSegment:
			b.WriteByte('*')
		case opOne, opOneSegment:
			b.WriteByte('?')
		default:
			b.WriteByte(byte(o))
		}
	}
	return b.String()
}

type templateCompiler struct {
	syntax
	rest   string
	colons int
	ops    []op
	pieces []piece
}

func (c *templateCompiler) run() error {
	for c.rest != "" {
		if c.variables && strings.HasPrefix(c.rest, "${") {
			if err := c.variable(); err != nil {
				return err
			}
			continue
		}
		ch := c.rest[0]
		c.rest = c.rest[1:]
		switch {
		case ch == '*' && c.wildcards:
			c.ops = append(c.ops, c.star())
		case ch == '?' && c.wildcards:
			c.ops = append(c.ops, c.one())
		default:
			c.literal(ch)
		}
	}
	if c.resource && c.colons < arnColons {
		c.ops = append(c.ops, ':', opStar)
	}
	return nil
}

// arnColons is the number of colons before the resource part of an ARN.
const arnColons = 5

func (c *templateCompiler) literal(ch byte) {
	if ch == ':' {
		c.colons++
	}
	c.ops = append(c.ops, lower(ch, c.fold))
}

func (c *templateCompiler) star() op {
	next := strings.TrimLeft(c.rest, "*")
	if c.resource && c.colons < arnColons && next != "" && next[0] != ':' {
		return opStarSegment
	}
	return opStar
}

func (c *templateCompiler) one() op {
	if c.resource && c.colons < arnColons {
		return opOneSegment
	}
	return opOne
}

// variable reads ${key}, ${key, 'default'}, ${*}, ${?} or ${$}.
func (c *templateCompiler) variable() error {
	s := c.rest[len("${"):]
	for _, special := range []string{"*}", "?}", "$}"} {
		if strings.HasPrefix(s, special) {
			c.ops = append(c.ops, op(special[0]))
			c.rest = s[len(special):]
			return nil
		}
	}
	end := strings.IndexAny(s, ",}")
	if end < 0 {
		return fmt.Errorf("the variable %q has no closing brace", c.rest)
	}
	p := piece{key: strings.TrimSpace(s[:end])}
	if !strings.Contains(p.key, ":") {
		return fmt.Errorf("the variable ${%s} does not name a condition key, such as aws:username", p.key)
	}
	rest := s[end:]
	if rest[0] == ',' {
		var err error
		if p.fallback, rest, err = cutDefault(rest[1:]); err != nil {
			return fmt.Errorf("the default value of ${%s}: %w", p.key, err)
		}
		p.optional = true
	}
	c.rest = rest[1:]
	c.pieces = append(c.pieces, piece{ops: c.ops}, p)
	c.ops = nil
	return nil
}

// cutDefault reads 'text' and what follows it, which begins with a brace.
func cutDefault(s string) (value, rest string, err error) {
	s, ok := strings.CutPrefix(strings.TrimLeft(s, " "), "'")
	if !ok {
		return "", "", errors.New("it is not between single quotes")
	}
	value, rest, ok = strings.Cut(s, "'")
	rest = strings.TrimLeft(rest, " ")
	if !ok || !strings.HasPrefix(rest, "}") {
		return "", "", errors.New("a single quote and a brace do not end it")
	}
	return value, rest, nil
}
