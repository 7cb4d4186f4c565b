package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"go.yaml.in/yaml/v4"
)

// fault is the error of a rule.
type fault struct {
	exception bedrock.Exception
	// after is the number of tokens before it, nil for an error that comes
	// instead of an answer.
	after *int32
}

// exceptions makes the exceptions of the runtime, with the texts that a rule
// may leave out.
func exceptions() map[string]bedrock.Exception {
	const unexpected = "The system encountered an unexpected error during processing. Try your request again."
	byName := map[string]bedrock.Exception{}
	for _, e := range []bedrock.Exception{
		&bedrock.AccessDeniedException{Message: "You don't have access to the model with the specified model ID."},
		&bedrock.ConflictException{Message: "The request conflicts with the current state."},
		&bedrock.InternalServerException{Message: unexpected},
		&bedrock.ModelErrorException{Message: unexpected},
		&bedrock.ModelNotReadyException{Message: "Model is not ready for inference. Wait and try your request again."},
		&bedrock.ModelStreamErrorException{Message: unexpected},
		&bedrock.ModelTimeoutException{Message: "Model has timed out in processing the request. Try your request again."},
		&bedrock.ResourceNotFoundException{Message: "The specified resource was not found."},
		&bedrock.ServiceQuotaExceededException{Message: "Your request exceeds the service quota for your account."},
		&bedrock.ServiceUnavailableException{Message: "Bedrock is unable to process your request."},
		&bedrock.ThrottlingException{Message: "Too many requests, please wait before trying again."},
		&bedrock.ValidationException{Message: "The provided request is invalid."},
	} {
		byName[e.ErrorCode()] = e
	}
	return byName
}

// readFault reads an error: the name of an exception, or a mapping with the
// exception's members beside type and after.
func readFault(node *yaml.Node) (*fault, error) {
	f := &fault{}
	var name string
	if node.Kind == yaml.ScalarNode {
		if err := intoText(&name)(node); err != nil {
			return nil, err
		}
		return f, f.set(node, name, nil)
	}
	members := &yaml.Node{Kind: yaml.MappingNode}
	member := func(key string) func(*yaml.Node) error {
		return func(value *yaml.Node) error {
			members.Content = append(members.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
			return nil
		}
	}
	err := keys{
		"type":               intoText(&name),
		"after":              intoCount(&f.after, 0),
		"message":            member("message"),
		"originalMessage":    member("originalMessage"),
		"originalStatusCode": member("originalStatusCode"),
		"resourceName":       member("resourceName"),
	}.read(node, "error")
	if err != nil {
		return nil, err
	}
	text, err := appendJSON(nil, members, 0)
	if err != nil {
		return nil, err
	}
	return f, f.set(node, name, text)
}

// set makes the exception of that name, with members of its own.
func (f *fault) set(node *yaml.Node, name string, members []byte) error {
	known := exceptions()
	exception, ok := known[name]
	if !ok {
		names := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
		return mistake(node, "there is no exception %q; there are %s", name, names)
	}
	f.exception = exception
	if members == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(members))
	d.DisallowUnknownFields()
	if err := d.Decode(exception); err != nil {
		return mistake(node, "%s does not fit: %v", name, err)
	}
	return nil
}

// noRule is the error of a request that no rule answers.
func (p *Provider) noRule(s subject) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf("No rule of the script %s matches this request "+
		"(model %s, turn %d, last user text %.200q). Add a rule or a default.", p.file, s.models[0], s.turn, s.text)}
}
