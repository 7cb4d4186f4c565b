package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"go.yaml.in/yaml/v4"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// maxFile bounds a file of prompts, in bytes.
const maxFile = 4 << 20

// Load reads a file of prompts. The error names the file and the line.
func Load(path string) (*Library, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxFile:
		return nil, fmt.Errorf("%s: the file is larger than %d bytes", path, maxFile)
	}
	return Parse(path, content)
}

// Parse reads prompts. The name is that of the file in errors.
func Parse(name string, content []byte) (*Library, error) {
	var file struct {
		Prompts []yaml.Node `yaml:"prompts"`
	}
	if err := yaml.Load(content, &file, yaml.WithKnownFields()); err != nil {
		if syntax, ok := errors.AsType[*yaml.LoadError](err); ok && syntax.Mark.Line > 0 {
			return nil, fmt.Errorf("%s:%d: %s", name, syntax.Mark.Line, syntax.Message)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(file.Prompts) == 0 {
		return nil, fmt.Errorf("%s: there are no prompts; write a list of them below \"prompts:\"", name)
	}
	library := &Library{prompts: make(map[string]*prompt, len(file.Prompts))}
	for i := range file.Prompts {
		node := &file.Prompts[i]
		p, err := parse(node)
		if err == nil && library.prompts[p.key()] != nil {
			err = fmt.Errorf("there is another prompt %s", p.key())
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, node.Line, err)
		}
		library.prompts[p.key()] = p
	}
	return library, nil
}

// key is how an ARN ends that names the prompt.
func (p *prompt) key() string {
	if p.Version == "" {
		return p.ID
	}
	return p.ID + ":" + p.Version.String()
}

// parse reads one prompt by way of JSON, in which the members of Converse are.
func parse(node *yaml.Node) (*prompt, error) {
	var value any
	if err := node.Decode(&value); err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("this is no prompt: %w", err)
	}
	p := new(prompt)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(p); err != nil {
		return nil, fmt.Errorf("this is no prompt: %w", err)
	}
	return p, p.check()
}

// The forms of what names a prompt (bedrock-agent, "GetPrompt").
var (
	promptID      = regexp.MustCompile(`^[0-9a-zA-Z]{1,100}$`)
	promptVersion = regexp.MustCompile(`^(|[1-9][0-9]{0,4})$`)
)

// check judges a prompt, and makes a message of its text.
func (p *prompt) check() error {
	switch {
	case !promptID.MatchString(p.ID):
		return fmt.Errorf("%q is no id of a prompt; take letters and digits, as PROMPT1234", p.ID)
	case !promptVersion.MatchString(p.Version.String()):
		return fmt.Errorf("%q is no version; write a number, or leave it out for the draft", p.Version)
	case p.Model == "":
		return errors.New("the model is missing; add \"model: \" and a model id")
	case p.Text != "" && p.Messages != nil:
		return errors.New("there is a text, and there are messages; keep one of them")
	case p.Text != "":
		p.Messages = []bedrock.Message{{
			Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: &p.Text}},
		}}
	}
	request := bedrock.ConverseRequest{
		ModelId: p.Model, System: p.System, Messages: p.Messages, InferenceConfig: p.InferenceConfig, ToolConfig: p.ToolConfig,
		AdditionalModelResponseFieldPaths: p.AdditionalModelResponseFieldPaths,
	}
	return request.Validate()
}
