package schema

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// Merge puts additionalModelRequestFields into a rendered native body, as
// Converse does on the service: objects are merged member by member, any other
// value replaces what was there, and what is new comes last. names maps members
// of the fields to their native names where these differ.
func Merge(native []byte, additional []byte, names map[string]string) ([]byte, error) {
	if len(additional) == 0 || jsontext.Value(additional).Kind() == 'n' {
		return native, nil
	}
	if fields := jsontext.Value(additional); fields.Kind() != '{' || !fields.IsValid() {
		return nil, bedrock.WithCause(Malformed(), errors.New("additional fields are no JSON object"))
	}
	members := membersOf(additional)
	for i, m := range members {
		if name, ok := names[m.name]; ok {
			members[i].name = name
		}
	}
	return appendObject(nil, merge(membersOf(native), members)), nil
}

// Fields writes a struct of members that may be absent as
// additionalModelRequestFields, or as nil when all are.
func Fields(members any) ([]byte, error) {
	fields, err := json.Marshal(members)
	if err != nil || bytes.Equal(fields, []byte("{}")) {
		return nil, err
	}
	return fields, nil
}

// member is one member of a JSON object.
type member struct {
	name  string
	value jsontext.Value
}

func find(members []member, name string) (int, bool) {
	for i, m := range members {
		if m.name == name {
			return i, true
		}
	}
	return 0, false
}

func merge(members, more []member) []member {
	for _, m := range more {
		i, ok := find(members, m.name)
		switch {
		case !ok:
			members = append(members, m)
		case members[i].value.Kind() == '{' && m.value.Kind() == '{':
			members[i].value = appendObject(nil, merge(membersOf(members[i].value), membersOf(m.value)))
		default:
			members[i].value = m.value
		}
	}
	return members
}

// membersOf gives the members of a valid JSON object in their order.
func membersOf(object jsontext.Value) []member {
	var members []member
	d := jsontext.NewDecoder(bytes.NewReader(object))
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		name, _ := d.ReadToken()
		key := name.String()
		value, _ := d.ReadValue()
		members = append(members, member{key, value.Clone()})
	}
	return members
}

func appendObject(to []byte, members []member) []byte {
	to = append(to, '{')
	for i, m := range members {
		if i > 0 {
			to = append(to, ',')
		}
		to, _ = jsontext.AppendQuote(to, m.name)
		to = append(to, ':')
		to = append(to, m.value...)
	}
	return append(to, '}')
}
