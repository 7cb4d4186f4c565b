package chat

import (
	"cmp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Tool is a function that the model may call.
type Tool struct {
	Type     string   `json:"type" schema:"required"`
	Function Function `json:"function" schema:"required"`
}

// Function is a tool's name, and its arguments as a JSON schema.
type Function struct {
	Name        string         `json:"name" schema:"required,minLength=1"`
	Description *string        `json:"description,omitzero" schema:"nullable"`
	Parameters  jsontext.Value `json:"parameters,omitzero"`
	Strict      *bool          `json:"strict,omitzero" schema:"nullable"`
}

// ReadTools gives the tools of a body as a configuration, nil without tools.
// The choice none, which the conversation lacks, is said by the second result.
func ReadTools(tools []Tool, choice jsontext.Value) (config *bedrock.ToolConfiguration, none bool, err error) {
	if len(tools) == 0 {
		if asked, _, err := readChoice(choice); err != nil || asked != nil && asked.Auto == nil {
			return nil, false, cmp.Or(err, error(schema.Violation("#", "required key [tools] not found")))
		}
		return nil, false, nil
	}
	config = new(bedrock.ToolConfiguration)
	for _, tool := range tools {
		if tool.Type != "function" {
			return nil, false, schema.Unsupported("tools.type " + tool.Type)
		}
		f := tool.Function
		if len(f.Parameters) == 0 || f.Parameters.Kind() == 'n' {
			f.Parameters = jsontext.Value(`{"type":"object","properties":{}}`)
		}
		config.Tools = append(config.Tools, bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{
			Name: &f.Name, Description: f.Description, Strict: f.Strict,
			InputSchema: &bedrock.ToolInputSchema{Json: []byte(f.Parameters)},
		}})
	}
	config.ToolChoice, none, err = readChoice(choice)
	return config, none, err
}

// named is the choice of one tool.
type named struct {
	Type     string `json:"type"`
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

func readChoice(choice jsontext.Value) (*bedrock.ToolChoice, bool, error) {
	var word string
	switch choice.Kind() {
	case '"':
		_ = json.Unmarshal(choice, &word)
	case '{':
		var one named
		if err := json.Unmarshal(choice, &one); err != nil || one.Function.Name == "" {
			return nil, false, schema.Violation("#/tool_choice", "required key [function] not found")
		}
		return &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: &one.Function.Name}}, false, nil
	case 'n', 0:
		return nil, false, nil
	}
	switch word {
	case "auto":
		return &bedrock.ToolChoice{Auto: new(bedrock.AutoToolChoice)}, false, nil
	case "required", "any":
		return &bedrock.ToolChoice{Any: new(bedrock.AnyToolChoice)}, false, nil
	case "none":
		return nil, true, nil
	}
	return nil, false, schema.Violation("#/tool_choice", word+" is not a valid enum value")
}

// WriteTools is the reverse of ReadTools. The configuration may be nil. must is
// the family's word for the choice of any tool: required, or any.
func WriteTools(config *bedrock.ToolConfiguration, must string) (tools []Tool, choice jsontext.Value, err error) {
	if config == nil {
		return nil, nil, nil
	}
	for _, tool := range config.Tools {
		spec := tool.ToolSpec
		if spec == nil || spec.Name == nil {
			return nil, nil, schema.UnsupportedBlock(tool)
		}
		f := Function{Name: *spec.Name, Description: spec.Description, Strict: spec.Strict}
		if spec.InputSchema != nil {
			f.Parameters = jsontext.Value(spec.InputSchema.Json)
		}
		tools = append(tools, Tool{Type: "function", Function: f})
	}
	choice, err = writeChoice(config.ToolChoice, must)
	return tools, choice, err
}

func writeChoice(choice *bedrock.ToolChoice, must string) (jsontext.Value, error) {
	switch {
	case choice == nil:
		return nil, nil
	case choice.Auto != nil:
		return jsontext.Value(`"auto"`), nil
	case choice.Any != nil:
		return jsontext.AppendQuote(nil, must)
	case choice.Tool != nil && choice.Tool.Name != nil:
		one := named{Type: "function"}
		one.Function.Name = *choice.Tool.Name
		return json.Marshal(one)
	}
	return nil, nil
}
