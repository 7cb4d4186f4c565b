package llamacpp

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// maxHead bounds what stands before the arguments of a call: the grammar lets
// white space in.
const maxHead = 4 << 10

// readCall turns an answer in the form that callFormat asks for into the use of a
// tool, as it comes.
func readCall(events provider.Events) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		r := callReader{out: provider.NewWriter(yield)}
		for event, err := range events {
			if err != nil {
				r.out.Fail(err)
				return
			}
			if !r.event(&event) {
				return
			}
		}
	}
}

// callReader reads the JSON text of one call.
type callReader struct {
	out *provider.Writer
	// head is what came before the arguments.
	head []byte
	// inside says that the arguments have begun, done that they have ended.
	inside, done bool
	depth        int
	quoted       bool
	escaped      bool
}

// event takes an event of the answer, and says whether the consumer wants more.
func (r *callReader) event(event *bedrock.ConverseStreamOutput) bool {
	switch {
	case event.MessageStart != nil:
		return r.out.Start()
	case event.ContentBlockDelta != nil:
		delta := event.ContentBlockDelta.Delta
		switch {
		case delta.Text != nil:
			return r.text([]byte(*delta.Text))
		case delta.ReasoningContent != nil && delta.ReasoningContent.Text != nil:
			return r.out.Reasoning(*delta.ReasoningContent.Text)
		}
	case event.MessageStop != nil:
		reason := event.MessageStop.StopReason
		if r.done {
			reason = bedrock.StopReasonToolUse
		}
		return r.out.Stop(reason, event.MessageStop.AdditionalModelResponseFields)
	case event.Metadata != nil:
		r.out.Metadata(event.Metadata.Usage)
	}
	return true
}

func (r *callReader) text(text []byte) bool {
	if !r.inside {
		r.head = append(r.head, text...)
		name, rest, err := readHead(r.head)
		switch {
		case err != nil:
			r.out.Fail(bedrock.WithCause(&bedrock.ModelErrorException{
				Message: "The system encountered an unexpected error during processing. Try your request again.",
			}, err))
			return false
		case name == "":
			return true
		}
		r.inside, text = true, rest
		if !r.out.ToolUse(bedrock.ToolUseBlockStart{Name: name, ToolUseId: provider.NewToolUseID()}) {
			return false
		}
	}
	if r.done {
		return true
	}
	return r.out.ToolInput(string(text[:r.scan(text)]))
}

// readHead reads the name of a call and gives what follows the colon of its
// arguments. The name is empty while that has not come.
func readHead(head []byte) (name string, rest []byte, err error) {
	if len(head) > maxHead {
		return "", nil, errors.New("the engine left the grammar of a call")
	}
	d := jsontext.NewDecoder(bytes.NewReader(head))
	for i := 0; ; i++ {
		token, err := d.ReadToken()
		if err != nil {
			return "", nil, nil // there is more to come
		}
		switch {
		case i == 2:
			name = token.String()
		case i == 3: // "arguments"
			rest = head[d.InputOffset():]
			start := bytes.IndexByte(rest, '{')
			if start < 0 {
				return "", nil, nil
			}
			return name, rest[start:], nil
		}
	}
}

// scan follows a part of the arguments, and says how much of it belongs to them.
func (r *callReader) scan(text []byte) int {
	for i, c := range text {
		switch {
		case r.escaped:
			r.escaped = false
		case r.quoted && c == '\\':
			r.escaped = true
		case c == '"':
			r.quoted = !r.quoted
		case r.quoted:
		case c == '{':
			r.depth++
		case c == '}':
			if r.depth--; r.depth == 0 {
				r.done = true
				return i + 1
			}
		}
	}
	return len(text)
}
