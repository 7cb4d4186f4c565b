package schema

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Member is one member of a JSON object.
type Member struct {
	Name  string
	Value jsontext.Value
}

// Members gives the members of an object in their order. What is no valid JSON
// object has those up to its fault.
func Members(object jsontext.Value) []Member {
	var members []Member
	d := jsontext.NewDecoder(bytes.NewReader(object))
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			break
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			break
		}
		members = append(members, Member{name, value.Clone()})
	}
	return members
}

// Object writes members as a compact object, if their values are compact.
func Object(members []Member) jsontext.Value {
	object := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			object = append(object, ',')
		}
		object, _ = jsontext.AppendQuote(object, m.Name)
		object = append(append(object, ':'), m.Value...)
	}
	return append(object, '}')
}
