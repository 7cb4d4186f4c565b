package cohere

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// tool is a function that Command R may call. Its parameters are described one by
// one, in the words of Python.
type tool struct {
	Name        string  `json:"name" schema:"required,minLength=1"`
	Description *string `json:"description,omitzero"`
	// Parameters are an object of parameter by name.
	Parameters jsontext.Value `json:"parameter_definitions,omitzero"`
}

type parameter struct {
	Description *string `json:"description,omitzero"`
	Type        string  `json:"type"`
	Required    *bool   `json:"required,omitzero"`
}

// call is one use of a tool. Calls have no ids: a result repeats its call.
type call struct {
	Name       string         `json:"name" schema:"required,minLength=1"`
	Parameters jsontext.Value `json:"parameters" schema:"required"`
}

// result is what a tool gave, which are objects.
type result struct {
	Call    call             `json:"call" schema:"required"`
	Outputs []jsontext.Value `json:"outputs" schema:"required"`
}

// object is the schema of a tool's input, as far as parameters can say it.
type object struct {
	Type       string         `json:"type"`
	Properties jsontext.Value `json:"properties,omitzero"`
	Required   []string       `json:"required,omitzero"`
}

type property struct {
	Type        string  `json:"type,omitzero"`
	Description *string `json:"description,omitzero"`
}

// pythonTypes are the types of parameters, and what they are in JSON; the first of
// each is the one that is written.
var pythonTypes = []struct{ python, json string }{
	{"str", "string"}, {"int", "integer"}, {"float", "number"}, {"bool", "boolean"}, {"list", "array"}, {"dict", "object"},
	{"string", "string"}, {"integer", "integer"}, {"number", "number"}, {"boolean", "boolean"}, {"array", "array"}, {"object", "object"},
}

// jsonType is a Python type in JSON, or empty for one that can be anything. Of
// List[str] and the like the name alone counts.
func jsonType(python string) string {
	name, _, _ := strings.Cut(strings.ToLower(python), "[")
	for _, t := range pythonTypes {
		if t.python == name {
			return t.json
		}
	}
	return ""
}

func pythonType(json string) string {
	for _, t := range pythonTypes {
		if t.json == json {
			return t.python
		}
	}
	return "str"
}

// readTools gives the tools of a body, or nil without any.
func readTools(tools []tool) (*bedrock.ToolConfiguration, error) {
	if len(tools) == 0 {
		return nil, nil
	}
	config := new(bedrock.ToolConfiguration)
	for i, native := range tools {
		place := "#/tools/" + strconv.Itoa(i) + "/parameter_definitions"
		input := object{Type: "object"}
		var properties []schema.Member
		for _, member := range schema.Members(native.Parameters) {
			var p parameter
			if json.Unmarshal(member.Value, &p) != nil {
				return nil, schema.Violation(place+"/"+member.Name, "expected type: JSONObject, found: String")
			}
			described, err := json.Marshal(property{jsonType(p.Type), p.Description})
			if err != nil {
				return nil, err
			}
			properties = append(properties, schema.Member{Name: member.Name, Value: described})
			if p.Required != nil && *p.Required {
				input.Required = append(input.Required, member.Name)
			}
		}
		if len(properties) > 0 {
			input.Properties = schema.Object(properties)
		}
		described, err := json.Marshal(input)
		if err != nil {
			return nil, err
		}
		config.Tools = append(config.Tools, bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{
			Name: &native.Name, Description: native.Description, InputSchema: &bedrock.ToolInputSchema{Json: []byte(described)},
		}})
	}
	return config, nil
}

// writeTools writes tools, which the model may use as it likes: it has no choice.
func writeTools(config *bedrock.ToolConfiguration) ([]tool, error) {
	if config == nil {
		return nil, nil
	}
	if choice := config.ToolChoice; choice != nil {
		switch {
		case choice.Any != nil:
			return nil, schema.Unsupported("toolConfig.toolChoice.any")
		case choice.Tool != nil:
			return nil, schema.Unsupported("toolConfig.toolChoice.tool")
		}
	}
	var tools []tool
	for _, one := range config.Tools {
		spec := one.ToolSpec
		if spec == nil || spec.Name == nil {
			return nil, schema.UnsupportedBlock(one)
		}
		native := tool{Name: *spec.Name, Description: spec.Description}
		if spec.InputSchema != nil {
			var err error
			if native.Parameters, err = parameters(jsontext.Value(spec.InputSchema.Json)); err != nil {
				return nil, err
			}
		}
		tools = append(tools, native)
	}
	return tools, nil
}

// parameters describes the properties of an input one by one.
func parameters(input jsontext.Value) (jsontext.Value, error) {
	var described object
	if err := json.Unmarshal(input, &described); err != nil {
		return nil, schema.Unsupported("inputSchema")
	}
	required := map[string]bool{}
	for _, name := range described.Required {
		required[name] = true
	}
	var members []schema.Member
	for _, member := range schema.Members(described.Properties) {
		var p property
		_ = json.Unmarshal(member.Value, &p) // a type that is no word is none
		native := parameter{Description: p.Description, Type: pythonType(p.Type)}
		if required[member.Name] {
			native.Required = new(true)
		}
		value, err := json.Marshal(native)
		if err != nil {
			return nil, err
		}
		members = append(members, schema.Member{Name: member.Name, Value: value})
	}
	if len(members) == 0 {
		return nil, nil
	}
	return schema.Object(members), nil
}

// callOf is the use of a tool as Command R has it.
func callOf(use *bedrock.ToolUseBlock) call {
	native := call{Parameters: jsontext.Value(use.Input)}
	if use.Name != nil {
		native.Name = *use.Name
	}
	if native.Parameters.Kind() != '{' {
		native.Parameters = jsontext.Value("{}")
	}
	return native
}

// use is the use of a tool as the conversation has it, whose input is an object.
func (c call) use(id string) *bedrock.ToolUseBlock {
	if c.Parameters.Kind() != '{' {
		c.Parameters = jsontext.Value("{}")
	}
	return &bedrock.ToolUseBlock{ToolUseId: &id, Name: &c.Name, Input: []byte(c.Parameters)}
}

// outputText is an output that is a text alone.
type outputText struct {
	Text *string `json:"text"`
}

// content gives what a tool gave.
func (r result) content() []bedrock.ToolResultContentBlock {
	content := []bedrock.ToolResultContentBlock{}
	for _, output := range r.Outputs {
		var plain outputText
		if json.Unmarshal(output, &plain, json.RejectUnknownMembers(true)) == nil && plain.Text != nil {
			content = append(content, bedrock.ToolResultContentBlock{Text: plain.Text})
			continue
		}
		content = append(content, bedrock.ToolResultContentBlock{Json: []byte(output)})
	}
	return content
}

// outputs writes what a tool gave as objects.
func outputs(content []bedrock.ToolResultContentBlock) ([]jsontext.Value, error) {
	natives := []jsontext.Value{}
	for _, part := range content {
		switch {
		case part.Text != nil:
			output, err := json.Marshal(outputText{part.Text})
			if err != nil {
				return nil, err
			}
			natives = append(natives, output)
		case jsontext.Value(part.Json).Kind() == '{':
			natives = append(natives, jsontext.Value(part.Json))
		case part.Json != nil:
			natives = append(natives, schema.Object([]schema.Member{{Name: "output", Value: jsontext.Value(part.Json)}}))
		default:
			return nil, schema.UnsupportedBlock(part)
		}
	}
	return natives, nil
}
