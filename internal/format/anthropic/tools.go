package anthropic

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

type tool struct {
	Type        string         `json:"type,omitzero"`
	Name        *string        `json:"name"`
	Description *string        `json:"description,omitzero"`
	InputSchema jsontext.Value `json:"input_schema"`
	Strict      *bool          `json:"strict,omitzero"`
	cached
}

type toolChoice struct {
	Type                   string  `json:"type"`
	Name                   *string `json:"name,omitzero"`
	DisableParallelToolUse *bool   `json:"disable_parallel_tool_use,omitzero"`
}

// parseTools reads the tools and the choice among them. rest is the choice once
// more where the conversation has no word for all of it: none, and one call at
// a time.
func parseTools(tools []jsontext.Value, choice jsontext.Value) (_ *bedrock.ToolConfiguration, rest jsontext.Value, err error) {
	if len(tools) == 0 {
		if choice != nil {
			return nil, nil, invalid("tool_choice", "Field `tool_choice` may only be specified while providing `tools`.")
		}
		return nil, nil, nil
	}
	config := new(bedrock.ToolConfiguration)
	for i, raw := range tools {
		spec, cache, err := parseTool("tools."+strconv.Itoa(i), raw)
		if err != nil {
			return nil, nil, err
		}
		config.Tools = append(config.Tools, bedrock.Tool{ToolSpec: spec})
		if cache != nil {
			config.Tools = append(config.Tools, bedrock.Tool{CachePoint: cache.point()})
		}
	}
	config.ToolChoice, rest, err = parseToolChoice(choice)
	return config, rest, err
}

// toolTags are the types of tools that the service takes. Those that Anthropic
// defines have no word in the conversation.
var toolTags = []string{"bash_20250124", "custom", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728"}

// parseTool reads one tool.
func parseTool(place string, raw jsontext.Value) (*bedrock.ToolSpecification, *cacheControl, error) {
	if tag, err := tagOf(place, raw); err == nil && tag != "custom" {
		if slices.Contains(toolTags, tag) {
			return nil, nil, schema.Unsupported(place + ".type")
		}
		return nil, nil, unknownTag(place, tag, toolTags...)
	}
	place += ".custom"
	native, err := decode[tool](place, raw)
	switch {
	case err != nil:
		return nil, nil, err
	case native.Name == nil:
		return nil, nil, invalid(place+".name", required)
	case native.InputSchema == nil:
		return nil, nil, invalid(place+".input_schema", required)
	case native.InputSchema.Kind() != '{':
		return nil, nil, invalid(place+".input_schema", "Input should be an object")
	}
	return &bedrock.ToolSpecification{
		Name: native.Name, Description: native.Description, Strict: native.Strict,
		InputSchema: &bedrock.ToolInputSchema{Json: []byte(native.InputSchema)},
	}, native.CacheControl, nil
}

func parseToolChoice(raw jsontext.Value) (_ *bedrock.ToolChoice, rest jsontext.Value, err error) {
	if raw == nil {
		return nil, nil, nil
	}
	native, err := decode[toolChoice]("tool_choice", raw)
	if err != nil {
		return nil, nil, err
	}
	if native.DisableParallelToolUse != nil {
		rest = raw
	}
	switch native.Type {
	case "auto":
		return &bedrock.ToolChoice{Auto: &bedrock.AutoToolChoice{}}, rest, nil
	case "any":
		return &bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}}, rest, nil
	case "none":
		return nil, raw, nil
	case "tool":
		if native.Name == nil {
			return nil, nil, invalid("tool_choice.tool.name", required)
		}
		return &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: native.Name}}, rest, nil
	}
	return nil, nil, unknownTag("tool_choice", native.Type, "any", "auto", "none", "tool")
}

// renderTools is the way back.
func renderTools(config *bedrock.ToolConfiguration) ([]jsontext.Value, jsontext.Value, error) {
	if config == nil {
		return nil, nil, nil
	}
	var natives []*tool
	for _, t := range config.Tools {
		switch {
		case t.ToolSpec != nil && t.ToolSpec.InputSchema != nil:
			natives = append(natives, &tool{
				Name: t.ToolSpec.Name, Description: t.ToolSpec.Description, Strict: t.ToolSpec.Strict,
				InputSchema: jsontext.Value(t.ToolSpec.InputSchema.Json),
			})
		case t.CachePoint != nil && len(natives) > 0 && natives[len(natives)-1].CacheControl == nil:
			natives[len(natives)-1].CacheControl = cacheControlOf(t.CachePoint)
		default:
			return nil, nil, schema.UnsupportedBlock(t)
		}
	}
	tools := make([]jsontext.Value, len(natives))
	for i, native := range natives {
		var err error
		if tools[i], err = json.Marshal(native); err != nil {
			return nil, nil, err
		}
	}
	choice, err := renderToolChoice(config.ToolChoice)
	return tools, choice, err
}

func renderToolChoice(choice *bedrock.ToolChoice) (jsontext.Value, error) {
	switch {
	case choice == nil:
		return nil, nil
	case choice.Auto != nil:
		return json.Marshal(toolChoice{Type: "auto"})
	case choice.Any != nil:
		return json.Marshal(toolChoice{Type: "any"})
	case choice.Tool != nil:
		return json.Marshal(toolChoice{Type: "tool", Name: choice.Tool.Name})
	}
	return nil, schema.UnsupportedBlock(*choice)
}
