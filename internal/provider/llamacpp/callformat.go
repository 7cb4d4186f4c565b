package llamacpp

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// describe tells a model of tools, and how to call them.
func describe(specs []*bedrock.ToolSpecification) string {
	type function struct {
		Name        string         `json:"name"`
		Description *string        `json:"description,omitzero"`
		Parameters  jsontext.Value `json:"parameters"`
	}
	var text strings.Builder
	text.WriteString("You can call these functions:\n")
	for _, spec := range specs {
		line, err := json.Marshal(function{*spec.Name, spec.Description, jsontext.Value(spec.InputSchema.Json)})
		if err != nil {
			continue // the schema is no JSON, which the engine says when it reads it
		}
		text.Write(line)
		text.WriteByte('\n')
	}
	text.WriteString(`To call a function, answer with JSON: {"name": function, "arguments": {...}}.`)
	return text.String()
}

// callFormat holds an answer to the call of one of the tools: an object of a name
// and arguments. Each tool's schema lies among the definitions, where references
// within it find each other again.
func callFormat(specs []*bedrock.ToolSpecification) any {
	branches := make([]any, len(specs))
	definitions := map[string]any{}
	for i, spec := range specs {
		name := fmt.Sprintf("tool%d", i)
		definitions[name] = moved(spec.InputSchema.Json, "#/$defs/"+name)
		branches[i] = map[string]any{
			"type": "object",
			"properties": ordered{
				{"name", map[string]any{"const": *spec.Name}},
				{"arguments", map[string]any{"$ref": "#/$defs/" + name}},
			},
			"required":             []string{"name", "arguments"},
			"additionalProperties": false,
		}
	}
	return map[string]any{
		"type": "json_schema",
		"json_schema": map[string]any{
			"name":   "call",
			"schema": map[string]any{"oneOf": branches, "$defs": definitions},
		},
	}
}

// ordered is an object whose members keep their order, in which the grammar wants
// them.
type ordered []struct {
	name  string
	value any
}

// MarshalJSONTo writes the object.
func (o ordered) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, member := range o {
		if err := e.WriteToken(jsontext.String(member.name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(e, member.value); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// moved gives a schema whose references to itself hold at another place. What is
// no JSON stays as it is.
func moved(schema []byte, place string) any {
	if !strings.Contains(string(schema), `"$ref"`) {
		return jsontext.Value(schema)
	}
	var decoded any
	if err := json.Unmarshal(schema, &decoded); err != nil {
		return jsontext.Value(schema)
	}
	move(decoded, place)
	return decoded
}

func move(schema any, place string) {
	switch schema := schema.(type) {
	case map[string]any:
		for name, value := range schema {
			target, isText := value.(string)
			if name == "$ref" && isText && (target == "#" || strings.HasPrefix(target, "#/")) {
				schema[name] = place + target[1:]
				continue
			}
			move(value, place)
		}
	case []any:
		for _, value := range schema {
			move(value, place)
		}
	}
}
