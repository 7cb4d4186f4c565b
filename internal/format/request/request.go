// Package request is what the native requests of several families have in
// common: sampling settings, and the merging of
// additionalModelRequestFields.
package request

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Inference gives a configuration as a request holds it: nil if all of it is
// absent.
func Inference(c bedrock.InferenceConfiguration) *bedrock.InferenceConfiguration {
	if c.MaxTokens == nil && c.StopSequences == nil && c.Temperature == nil && c.TopP == nil {
		return nil
	}
	return &c
}

// InferenceOf gives the configuration of a conversation, empty if it has none.
func InferenceOf(conversation *bedrock.ConverseRequest) bedrock.InferenceConfiguration {
	if conversation.InferenceConfig == nil {
		return bedrock.InferenceConfiguration{}
	}
	return *conversation.InferenceConfig
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

// Names maps members of additionalModelRequestFields, as open servers name
// them, to the names that a family has for them.
type Names map[string]string

// Render writes a native body with additionalModelRequestFields merged into it,
// as Converse does on the service: objects are merged member by member, any
// other value replaces what was there, and what is new comes last.
func Render(native any, additional []byte, names Names) ([]byte, error) {
	body, err := json.Marshal(native)
	if err != nil || len(additional) == 0 || jsontext.Value(additional).Kind() == 'n' {
		return body, err
	}
	if fields := jsontext.Value(additional); fields.Kind() != '{' || !fields.IsValid() {
		return nil, bedrock.WithCause(schema.Malformed(), errors.New("additional fields are no JSON object"))
	}
	members := schema.Members(additional)
	for i, m := range members {
		if name, ok := names[m.Name]; ok {
			members[i].Name = name
		}
	}
	return schema.Object(merge(schema.Members(body), members)), nil
}

// Has says whether a body is an object with a member of the name.
func Has(body []byte, name string) bool {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for d.PeekKind() == '"' {
		t, err := d.ReadToken()
		if err == nil && t.String() == name {
			return true
		}
		if err != nil || d.SkipValue() != nil {
			break
		}
	}
	return false
}
