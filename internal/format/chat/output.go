package chat

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// ResponseFormat is the form that the answer must have: the type text,
// json_object or json_schema.
type ResponseFormat struct {
	Type       string      `json:"type" schema:"required"`
	JSONSchema *jsonSchema `json:"json_schema,omitzero"`
}

type jsonSchema struct {
	Name        *string        `json:"name,omitzero"`
	Description *string        `json:"description,omitzero"`
	Schema      jsontext.Value `json:"schema,omitzero"`
	Strict      *bool          `json:"strict,omitzero" schema:"nullable"`
}

// objectFormat is a response format that asks for any JSON object.
type objectFormat struct {
	Type string `json:"type"`
}

// check refuses a type that there is not.
func (f *ResponseFormat) check() error {
	switch {
	case f == nil || f.Type == "text" || f.Type == "json_object":
		return nil
	case f.Type != "json_schema":
		return schema.Violation("#/response_format/type", f.Type+" is not a valid enum value")
	case f.JSONSchema == nil:
		return schema.Violation("#/response_format", "required key [json_schema] not found")
	}
	return nil
}

// read gives the form as an outputConfig, and says whether it is any JSON
// object, which the conversation has no word for.
func (f *ResponseFormat) read() (config *bedrock.OutputConfig, object bool) {
	if f == nil || f.Type != "json_schema" {
		return nil, f != nil && f.Type == "json_object"
	}
	definition := &bedrock.JsonSchemaDefinition{Name: f.JSONSchema.Name, Description: f.JSONSchema.Description}
	if text := f.JSONSchema.Schema; len(text) > 0 {
		_ = text.Compact() // it was read as JSON
		definition.Schema = new(string(text))
	}
	return &bedrock.OutputConfig{TextFormat: &bedrock.OutputFormat{
		Type:      bedrock.OutputFormatTypeJsonSchema,
		Structure: &bedrock.OutputFormatStructure{JsonSchema: definition},
	}}, false
}

// writeOutput is the reverse, and gives the effort, which is reasoning_effort
// here.
func writeOutput(config *bedrock.OutputConfig) (*ResponseFormat, *string, error) {
	if config == nil {
		return nil, nil, nil
	}
	if config.TextFormat == nil {
		return nil, config.Effort, nil
	}
	structure := config.TextFormat.Structure
	if structure == nil || structure.JsonSchema == nil {
		return nil, nil, schema.Unsupported("outputConfig.textFormat")
	}
	definition := structure.JsonSchema
	native := &jsonSchema{Name: definition.Name, Description: definition.Description, Strict: new(true)}
	if definition.Schema != nil {
		native.Schema = jsontext.Value(*definition.Schema)
		if !native.Schema.IsValid() {
			return nil, nil, schema.Unsupported("outputConfig.textFormat.structure.jsonSchema.schema")
		}
	}
	return &ResponseFormat{Type: "json_schema", JSONSchema: native}, config.Effort, nil
}
