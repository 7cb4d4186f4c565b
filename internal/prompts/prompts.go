// Package prompts holds prompts for conversations that name one instead of a model:
// the prompts of Amazon Bedrock's prompt management, kept in a file of the owner's.
//
// docs/prompts.md describes the file for those who write one.
package prompts

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// Library is the prompts of a file. It does not change. A nil one is empty.
type Library struct {
	// prompts are found by id, or id:version.
	prompts map[string]*prompt
}

// prompt is a prompt whose texts still have their variables: the members are those
// of Converse.
type prompt struct {
	ID      string      `json:"id"`
	Version json.Number `json:"version"`
	Model   string      `json:"model"`
	// Text is short for one message of the user.
	Text                              string                          `json:"text"`
	System                            []bedrock.SystemContentBlock    `json:"system"`
	Messages                          []bedrock.Message               `json:"messages"`
	InferenceConfig                   *bedrock.InferenceConfiguration `json:"inferenceConfig"`
	ToolConfig                        *bedrock.ToolConfiguration      `json:"toolConfig"`
	AdditionalModelRequestFields      json.RawMessage                 `json:"additionalModelRequestFields"`
	AdditionalModelResponseFieldPaths []string                        `json:"additionalModelResponseFieldPaths"`
}

// Models gives the ids of the models that the prompts are for, sorted.
func (l *Library) Models() []string {
	models := map[string]bool{}
	for _, p := range l.prompts {
		models[p.Model] = true
	}
	return slices.Sorted(maps.Keys(models))
}

// Apply gives the conversation of a request whose modelId is the ARN of a prompt in
// the library: the prompt's, filled in with the variables, and the messages of the
// request behind it. Any other request is given back as it is.
//
// The error is a *bedrock.ValidationException for a variable without a value, and
// for what a request may not say beside a prompt (Converse, "modelId").
func (l *Library) Apply(req *bedrock.ConverseRequest) (*bedrock.ConverseRequest, error) {
	p := l.find(req.ModelId)
	if p == nil {
		return req, nil
	}
	if overridden := overrides(req); len(overridden) > 0 {
		return nil, &bedrock.ValidationException{Message: fmt.Sprintf(
			"You can't override %s when you use a prompt. Remove it from the request and try again.", strings.Join(overridden, ", "))}
	}
	f := filler{values: req.PromptVariables}
	filled := *req
	filled.ModelId = p.Model
	filled.PromptVariables = nil
	filled.InferenceConfig, filled.ToolConfig = p.InferenceConfig, p.ToolConfig
	filled.AdditionalModelRequestFields = p.AdditionalModelRequestFields
	if filled.AdditionalModelResponseFieldPaths == nil {
		filled.AdditionalModelResponseFieldPaths = p.AdditionalModelResponseFieldPaths
	}
	filled.System = f.system(p.System)
	filled.Messages = append(f.messages(p.Messages), req.Messages...)
	if len(f.missing) > 0 {
		return nil, &bedrock.ValidationException{Message: fmt.Sprintf(
			"The promptVariables field is missing values for the following variables of the prompt: %s. Add them and try again.",
			strings.Join(f.missing, ", "))}
	}
	return &filled, nil
}

// Model gives the model of the prompt that a modelId names, and false where it
// names none.
func (l *Library) Model(modelID string) (string, bool) {
	p := l.find(modelID)
	if p == nil {
		return "", false
	}
	return p.Model, true
}

// Has says whether a modelId is the ARN of a prompt in the library.
func (l *Library) Has(modelID string) bool { return l.find(modelID) != nil }

func (l *Library) find(modelID string) *prompt {
	if l == nil {
		return nil
	}
	id, err := catalog.ParseID(modelID)
	if err != nil || id.Kind != catalog.Prompt {
		return nil
	}
	return l.prompts[id.Resource]
}

// overrides names what a request says that is the prompt's to say. Empty values
// count, as on the service.
func overrides(req *bedrock.ConverseRequest) []string {
	var names []string
	for _, member := range [...]struct {
		name string
		set  bool
	}{
		{"additionalModelRequestFields", req.AdditionalModelRequestFields != nil},
		{"inferenceConfig", req.InferenceConfig != nil},
		{"system", req.System != nil},
		{"toolConfig", req.ToolConfig != nil},
	} {
		if member.set {
			names = append(names, member.name)
		}
	}
	return names
}

// variable is a place for a value in a text: {{name}}.
var variable = regexp.MustCompile(`\{\{\s*([a-zA-Z0-9_-]{1,100})\s*\}\}`)

// filler puts values in their places, and notes those that are missing.
type filler struct {
	values  map[string]bedrock.PromptVariableValues
	missing []string
}

func (f *filler) fill(text *string) *string {
	if text == nil {
		return nil
	}
	filled := variable.ReplaceAllStringFunc(*text, func(place string) string {
		name := variable.FindStringSubmatch(place)[1]
		if value := f.values[name].Text; value != nil {
			return *value
		}
		if !slices.Contains(f.missing, name) {
			f.missing = append(f.missing, name)
		}
		return place
	})
	return &filled
}

func (f *filler) system(blocks []bedrock.SystemContentBlock) []bedrock.SystemContentBlock {
	filled := slices.Clone(blocks)
	for i := range filled {
		filled[i].Text = f.fill(filled[i].Text)
	}
	return filled
}

func (f *filler) messages(messages []bedrock.Message) []bedrock.Message {
	filled := slices.Clone(messages)
	for i := range filled {
		content := slices.Clone(filled[i].Content)
		for j := range content {
			content[j].Text = f.fill(content[j].Text)
		}
		filled[i].Content = content
	}
	return filled
}
