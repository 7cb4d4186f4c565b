package openai

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// calls are the calls of tools of one answer, which come one after another.
type calls struct {
	began bool
	// index and id are those of the call that goes on.
	index int
	id    string
	// input is what came of its arguments.
	input []byte
	// malformed says that the arguments of an earlier call were no JSON object.
	malformed bool
}

// useSpoken writes a call that was found in the text.
func (a *answer) useSpoken(call *spokenCall) error {
	var part callPart
	part.Function.Name = call.name
	part.Function.Arguments = jsontext.Value(call.arguments)
	return a.useTools([]callPart{part})
}

// useTools writes calls of tools, or what a chunk adds to them. Text goes ahead of
// them: it is no call itself.
func (a *answer) useTools(parts []callPart) error {
	if len(parts) == 0 {
		return nil
	}
	if err := a.said(a.thoughts.rest()); err != nil {
		return err
	}
	if !a.out.Text(a.spoken.release()) {
		return errLeft
	}
	for i := range parts {
		part := &parts[i]
		index := i
		if part.Index != nil {
			index = *part.Index
		}
		if !a.calls.goesOn(index, part) {
			if err := a.beginCall(index, part); err != nil {
				return err
			}
		}
		if err := a.callInput(part.arguments()); err != nil {
			return err
		}
	}
	return nil
}

// goesOn says whether a part belongs to the call that is being written. Servers
// that count no calls give each its own id.
func (c *calls) goesOn(index int, part *callPart) bool {
	return c.began && index == c.index && (part.ID == "" || part.ID == c.id || part.Function.Name == "")
}

func (a *answer) beginCall(index int, part *callPart) error {
	c := &a.calls
	switch {
	case c.began && index < c.index:
		return a.broken(fmt.Errorf("call %d goes on behind call %d", index, c.index))
	case part.Function.Name == "":
		return a.broken(errors.New("the call of a tool without a name"))
	}
	c.close()
	c.began, c.index, c.id = true, index, part.ID
	if !a.out.ToolUse(bedrock.ToolUseBlockStart{Name: part.Function.Name, ToolUseId: toolUseID(part.ID)}) {
		return errLeft
	}
	return nil
}

func (a *answer) callInput(fragment string) error {
	if fragment == "" {
		return nil
	}
	if len(a.calls.input)+len(fragment) > maxBody {
		return a.broken(fmt.Errorf("arguments of more than %d bytes", maxBody))
	}
	a.calls.input = append(a.calls.input, fragment...)
	if !a.out.ToolInput(fragment) {
		return errLeft
	}
	return nil
}

// close looks at the arguments of the call that has ended.
func (c *calls) close() {
	input := jsontext.Value(c.input)
	if c.began && len(input) > 0 && (input.Kind() != '{' || !input.IsValid()) {
		c.malformed = true
	}
	c.input = c.input[:0]
}

// reason is the stop reason of an answer that ended with calls.
func (c *calls) reason() bedrock.StopReason {
	if c.close(); c.malformed {
		return bedrock.StopReasonMalformedToolUse
	}
	return bedrock.StopReasonToolUse
}

// countedID are ids that count the calls of a conversation, as Kimi's chat
// template needs them. The service hands them out as they are.
var countedID = regexp.MustCompile(`^functions\.[a-zA-Z0-9_-]{1,64}:\d{1,3}$`)

// toolUseID is the id by which the caller knows a call.
func toolUseID(id string) string {
	if countedID.MatchString(id) {
		return id
	}
	return provider.NewToolUseID()
}
