package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// text is a string of a document and where it stands.
type text struct {
	value   string
	offset  int
	pointer string
}

// document is a policy as it is written: its shape is right, its words are not
// checked yet.
type document struct {
	version, id text
	statements  []rawStatement
}

// rawStatement is one statement. A list that is absent is nil.
type rawStatement struct {
	at, sid, effect                          text
	action, notAction, resource, notResource []text
	principal, notPrincipal                  []rawPrincipal
	conditions                               []rawCondition
}

// rawPrincipal is one principal. Its kind is empty for a lone "*".
type rawPrincipal struct {
	kind string
	text
}

// rawCondition is one key under one operator.
type rawCondition struct {
	operator, key text
	values        []text
}

// reader reads a document token by token. It knows the whole grammar and follows
// nothing else, which bounds its depth.
type reader struct {
	document []byte
	d        *jsontext.Decoder
}

func readDocument(b []byte) (*document, error) {
	r := &reader{document: b, d: jsontext.NewDecoder(bytes.NewReader(b))}
	doc := new(document)
	statements := false
	err := r.object("a policy document", func(name text) (err error) {
		switch name.value {
		case "Version":
			doc.version, err = r.string(name.value)
		case "Id":
			doc.id, err = r.string(name.value)
		case "Statement":
			statements = true
			doc.statements, err = r.statements()
		default:
			err = r.unknown(name, "Version", "Id", "Statement")
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !statements:
		return nil, r.fail(text{}, "Statement is missing.")
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return doc, nil
}

func (r *reader) statements() ([]rawStatement, error) {
	var list []rawStatement
	one := func() error {
		s, err := r.statement()
		list = append(list, s)
		return err
	}
	if r.d.PeekKind() != '[' {
		err := one()
		return list, err
	}
	at, err := r.array(one)
	if err == nil && len(list) == 0 {
		err = r.fail(at, "Statement is empty.")
	}
	return list, err
}

func (r *reader) statement() (rawStatement, error) {
	var s rawStatement
	s.at = r.here()
	err := r.object("a statement", func(name text) (err error) {
		switch name.value {
		case "Sid":
			s.sid, err = r.string(name.value)
		case "Effect":
			s.effect, err = r.string(name.value)
		case "Action":
			s.action, err = r.strings(name.value)
		case "NotAction":
			s.notAction, err = r.strings(name.value)
		case "Resource":
			s.resource, err = r.strings(name.value)
		case "NotResource":
			s.notResource, err = r.strings(name.value)
		case "Principal":
			s.principal, err = r.principals()
		case "NotPrincipal":
			s.notPrincipal, err = r.principals()
		case "Condition":
			s.conditions, err = r.conditions()
		default:
			err = r.unknown(name, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
		}
		return err
	})
	s.at.pointer = string(r.d.StackPointer())
	return s, err
}

// principals reads "*", or an object from kinds of principals to one or several.
func (r *reader) principals() ([]rawPrincipal, error) {
	list := []rawPrincipal{}
	if r.d.PeekKind() == '"' {
		t, err := r.string("Principal")
		if err == nil && t.value != "*" {
			err = r.fail(t, `A principal that is a text can be "*" only.`)
		}
		return append(list, rawPrincipal{text: t}), err
	}
	err := r.object("Principal", func(name text) error {
		if !slices.Contains([]string{"AWS", "Federated", "Service", "CanonicalUser"}, name.value) {
			return r.unknown(name, "AWS", "Federated", "Service", "CanonicalUser")
		}
		values, err := r.strings(name.value)
		for _, v := range values {
			list = append(list, rawPrincipal{kind: name.value, text: v})
		}
		return err
	})
	return list, err
}

func (r *reader) conditions() ([]rawCondition, error) {
	var list []rawCondition
	err := r.object("Condition", func(operator text) error {
		return r.object(operator.value, func(key text) error {
			values, err := r.scalars(key.value)
			list = append(list, rawCondition{operator: operator, key: key, values: values})
			return err
		})
	})
	return list, err
}

// strings reads a string or a list of strings.
func (r *reader) strings(name string) ([]text, error) {
	return r.oneOrMore(func() (text, error) { return r.string(name) })
}

// scalars is strings, but takes numbers and booleans too, as they are written.
func (r *reader) scalars(name string) ([]text, error) {
	return r.oneOrMore(func() (text, error) {
		switch r.d.PeekKind() {
		case '0', 't', 'f':
			_, t, err := r.token()
			return t, err
		default:
			return r.string(name)
		}
	})
}

func (r *reader) oneOrMore(read func() (text, error)) ([]text, error) {
	list := []text{}
	one := func() error {
		t, err := read()
		list = append(list, t)
		return err
	}
	if r.d.PeekKind() != '[' {
		err := one()
		return list, err
	}
	_, err := r.array(one)
	return list, err
}

func (r *reader) string(name string) (text, error) {
	token, t, err := r.token()
	if err == nil && token != '"' {
		err = r.fail(t, fmt.Sprintf("%s must be a string, and is %s.", name, describe(token)))
	}
	return t, err
}

// object reads an object and calls member after each name.
func (r *reader) object(name string, member func(name text) error) error {
	kind, at, err := r.token()
	if err != nil {
		return err
	}
	if kind != '{' {
		return r.fail(at, fmt.Sprintf("%s must be an object, and is %s.", name, describe(kind)))
	}
	for r.d.PeekKind() != '}' {
		_, t, err := r.token()
		if err != nil {
			return err
		}
		if err := member(t); err != nil {
			return err
		}
	}
	_, _, err = r.token()
	return err
}

// array reads an array, whose elements element reads, and returns its place.
func (r *reader) array(element func() error) (text, error) {
	_, at, err := r.token()
	if err != nil {
		return at, err
	}
	for r.d.PeekKind() != ']' {
		if err := element(); err != nil {
			return at, err
		}
	}
	_, _, err = r.token()
	return at, err
}

func (r *reader) token() (jsontext.Kind, text, error) {
	at := r.here()
	token, err := r.d.ReadToken()
	if err != nil {
		return 0, at, r.broken(at, err)
	}
	at.value = token.String()
	at.pointer = string(r.d.StackPointer())
	return token.Kind(), at, nil
}

// here is where the next token begins.
func (r *reader) here() text {
	offset := int(r.d.InputOffset())
	for offset < len(r.document) && strings.IndexByte(" \t\r\n,:", r.document[offset]) >= 0 {
		offset++
	}
	return text{offset: offset}
}

// end refuses what follows the document.
func (r *reader) end() error {
	if at := r.here(); at.offset < len(r.document) {
		return r.fail(at, "Something follows the policy document.")
	}
	return nil
}

// broken describes what is no JSON, and names that occur twice in an object.
func (r *reader) broken(at text, err error) error {
	detail := "This is not JSON."
	if errors.Is(err, jsontext.ErrDuplicateName) {
		detail = "This name occurs twice."
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at.offset, at.pointer = int(e.ByteOffset), string(e.JSONPointer)
	}
	return r.fail(at, detail)
}

func (r *reader) unknown(name text, known ...string) error {
	detail := fmt.Sprintf("%q is not known here; known are %s.", name.value, strings.Join(known, ", "))
	for _, k := range known {
		if strings.EqualFold(k, name.value) {
			detail = fmt.Sprintf("%q is not known here; it is spelled %q.", name.value, k)
		}
	}
	return r.fail(name, detail)
}

func (r *reader) fail(at text, detail string) error {
	return located(r.document, at, msgSyntax, detail)
}

func describe(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a string"
	}
}
