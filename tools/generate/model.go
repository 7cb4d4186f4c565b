package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Service is what both models say, by name.
type Service struct {
	Operations map[string]*Operation
	Shapes     map[string]*Shape
	// input holds the shapes that some request can reach.
	input map[string]bool
}

// Operation is one call of the API in botocore's model format.
type Operation struct {
	Name string
	HTTP struct {
		Method       string
		RequestURI   string
		ResponseCode int
	}
	Input, Output *Reference
	Errors        []Reference

	service string
}

// Shape is one type of the API in botocore's model format.
type Shape struct {
	Type     string
	Enum     []string
	Pattern  string
	Min, Max json.Number
	Required []string
	Members  orderedMembers
	Member   *Reference
	Key      *Reference
	Value    *Reference
	Payload  string

	Document, Union, Eventstream, Exception, Sensitive bool
	Error                                              struct {
		HTTPStatusCode int
		Code           string
	}
	Fault     bool
	Retryable *struct{ Throttling bool }
}

// Reference is the use of a shape by a member, a list or an operation.
type Reference struct {
	Shape        string
	Location     string
	LocationName string
}

// Member is one named member of a structure.
type Member struct {
	Name string
	Reference
}

// orderedMembers keeps the members in the order of the model, which is the
// order in which constraints are reported.
type orderedMembers []Member

func (m *orderedMembers) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var ref Reference
		if err := dec.Decode(&ref); err != nil {
			return err
		}
		*m = append(*m, Member{name.(string), ref})
	}
	return nil
}

func newService() *Service {
	return &Service{Operations: map[string]*Operation{}, Shapes: map[string]*Shape{}, input: map[string]bool{}}
}

// add reads one model. With only, it takes those operations and the shapes that
// they reach; else all of it. A name that both models use must mean the same.
func (s *Service) add(file string, only []string) error {
	data, err := models.ReadFile("models/" + file)
	if err != nil {
		return err
	}
	var model struct {
		Metadata   struct{ EndpointPrefix string }
		Operations map[string]*Operation
		Shapes     map[string]*Shape
	}
	if err := json.Unmarshal(data, &model); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	part := &Service{Operations: model.Operations, Shapes: model.Shapes}
	for _, name := range sorted(model.Operations) {
		if only != nil && !slices.Contains(only, name) {
			continue
		}
		op := model.Operations[name]
		op.service = model.Metadata.EndpointPrefix
		s.Operations[name] = op
		for shape := range part.reach(op.references()...) {
			if err := s.addShape(shape, model.Shapes[shape]); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return nil
}

func (s *Service) addShape(name string, shape *Shape) error {
	known, ok := s.Shapes[name]
	if !ok {
		s.Shapes[name] = shape
		return nil
	}
	if known.isNamed() && fmt.Sprint(known.Members, known.Enum) != fmt.Sprint(shape.Members, shape.Enum) {
		return fmt.Errorf("shape %s differs between the models", name)
	}
	return nil
}

// addRecorded adds the members that recorded answers of the real service carry
// and the models leave out.
func (s *Service) addRecorded() {
	s.Shapes["RecordedPadding"] = &Shape{Type: "string"}
	s.Shapes["RecordedCount"] = &Shape{Type: "integer"}
	s.Shapes["ServerToolUsage"] = &Shape{Type: "structure"}
	usage := s.Shapes["TokenUsage"]
	usage.Members = append(usage.Members,
		Member{"cacheReadInputTokenCount", Reference{Shape: "RecordedCount"}},
		Member{"cacheWriteInputTokenCount", Reference{Shape: "RecordedCount"}},
		Member{"serverToolUsage", Reference{Shape: "ServerToolUsage"}},
	)
	for _, stream := range s.eventStreams() {
		for _, event := range s.events(stream) {
			shape := s.Shapes[event.Shape]
			if !shape.has("p") {
				shape.Members = append(shape.Members, Member{"p", Reference{Shape: "RecordedPadding"}})
			}
		}
	}
}

// markReachable finds the shapes that requests hold.
func (s *Service) markReachable() {
	for _, op := range s.Operations {
		if op.Input != nil {
			maps.Copy(s.input, s.reach(op.Input.Shape))
		}
	}
}

// reach gives the names of the shapes that the roots hold, themselves included.
func (s *Service) reach(roots ...string) map[string]bool {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		shape := s.Shapes[name]
		for _, m := range shape.Members {
			visit(m.Shape)
		}
		for _, ref := range []*Reference{shape.Member, shape.Key, shape.Value} {
			if ref != nil {
				visit(ref.Shape)
			}
		}
	}
	for _, root := range roots {
		visit(root)
	}
	return seen
}

func (op *Operation) references() []string {
	var names []string
	if op.Input != nil {
		names = append(names, op.Input.Shape)
	}
	if op.Output != nil {
		names = append(names, op.Output.Shape)
	}
	for _, e := range op.Errors {
		names = append(names, e.Shape)
	}
	return names
}

// eventStreams gives the names of the event stream unions.
func (s *Service) eventStreams() []string {
	var names []string
	for _, name := range sorted(s.Shapes) {
		if s.Shapes[name].Eventstream {
			names = append(names, name)
		}
	}
	return names
}

// events gives the members of a stream that are events, not exceptions.
func (s *Service) events(stream string) []Member {
	return slices.DeleteFunc(slices.Clone(s.Shapes[stream].Members), func(m Member) bool {
		return s.Shapes[m.Shape].Exception
	})
}

// isNamed says whether the shape becomes a Go type of its own.
func (sh *Shape) isNamed() bool {
	return len(sh.Enum) > 0 || (sh.Type == "structure" && !sh.Document)
}

func (sh *Shape) has(member string) bool {
	return slices.ContainsFunc(sh.Members, func(m Member) bool { return m.Name == member })
}

func (sh *Shape) requires(member string) bool { return slices.Contains(sh.Required, member) }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// exported turns a wire name into a Go name as the AWS SDK for Go does: only
// the first letter changes (modelId becomes ModelId).
func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
