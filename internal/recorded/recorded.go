// Package recorded reads the recorded interactions with Amazon Bedrock Runtime
// that lie in testdata: real requests, and the answers that the service gave.
// They are the judge of the tests. testdata/README.md tells where each comes
// from, under which licence, and how far it may be trusted.
package recorded

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
)

//go:embed testdata/bedrock-runtime.jsonl.gz
var archive []byte

// Interaction is one request and its answer.
type Interaction struct {
	// ID is <repository>#<path>#<n>.
	ID string `json:"id"`
	// Operation is the name in the API, as InvokeModel.
	Operation string `json:"operation"`
	// ModelID is the unescaped model id or ARN; empty for ApplyGuardrail.
	ModelID string `json:"modelId"`
	// Family is anthropic, nova, titan, ..., embed, guardrail or unknown.
	Family   string   `json:"family"`
	Request  Request  `json:"request"`
	Response Response `json:"response"`
	// Quality says whether the item is evidence for the service's behaviour.
	Quality Quality `json:"quality"`
	// Trimmed tells that long inline media of the request were replaced.
	Trimmed bool `json:"trimmed"`
	// Notes say what the recorder did to the item, as NoteKeysSorted.
	Notes []string `json:"notes"`
}

// Request is what the client sent.
type Request struct {
	Method string `json:"method"`
	// Path is percent-encoded, as sent.
	Path string `json:"path"`
	// Headers have lower-case names; the recorders kept few.
	Headers map[string]string `json:"headers"`
	// Body is compact JSON, a JSON string when the body was not JSON, or null
	// for an empty one.
	Body json.RawMessage `json:"body"`
}

// Response is what the service answered.
type Response struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	// Body is the compact JSON of an answer that is no stream.
	Body json.RawMessage `json:"body"`
	// Exact tells that Body is byte for byte what came.
	Exact bool `json:"exact"`
	// Stream is the whole event stream as it came, frame after frame.
	Stream []byte `json:"stream_b64"`
	// Events is the same stream, decoded.
	Events []Event `json:"events"`
}

// Event is one frame of an event stream.
type Event struct {
	// Type is the :event-type or the :exception-type.
	Type string `json:"type"`
	// MessageType is event or exception.
	MessageType string `json:"message_type"`
	// Payload is the frame's JSON, padding member p and all.
	Payload json.RawMessage `json:"payload"`
	// Chunk is the native JSON inside the payload of a chunk event.
	Chunk json.RawMessage `json:"chunk"`
}

// Quality tells how an item came to be.
type Quality string

// The qualities. Only Genuine items are evidence for the service's behaviour;
// the requests of the others are still good as input.
const (
	// Genuine is a real answer, at most written anew by the recorder.
	Genuine Quality = "recorded"
	// HandEdited was recorded once and changed later.
	HandEdited Quality = "hand-edited"
	// Synthetic never came from the service.
	Synthetic Quality = "synthetic"
)

// The notes that tests act on; testdata/README.md lists all.
const (
	// NoteKeysSorted marks an answer whose keys the recorder sorted; its values
	// count, their order does not.
	NoteKeysSorted = "keys-sorted"
	// NoteTextNormalised marks an answer whose punctuation was made ASCII.
	NoteTextNormalised = "text-normalised"
	// NoteReformatted marks an answer that was stored re-indented; key order is
	// intact, the spelling of numbers perhaps not.
	NoteReformatted = "reformatted"
)

// Noted says whether the item carries the note.
func (i *Interaction) Noted(note string) bool { return slices.Contains(i.Notes, note) }

// load decodes the archive once for all tests of a binary.
var load = sync.OnceValues(func() ([]*Interaction, error) {
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open the recordings: %w", err)
	}
	var all []*Interaction
	for lines := json.NewDecoder(plain); ; {
		var one Interaction
		switch err := lines.Decode(&one); err {
		case nil:
			all = append(all, &one)
		case io.EOF:
			return all, nil
		default:
			return nil, fmt.Errorf("recording %d: %w", len(all), err)
		}
	}
})

// Load gives the interactions that pass every filter, in the archive's order,
// and fails the test when there are none: a test that ran over nothing proves
// nothing. The interactions are shared between tests and MUST NOT be changed.
func Load(t testing.TB, filters ...Filter) []*Interaction {
	t.Helper()
	all, err := load()
	if err != nil {
		t.Fatal(err)
	}
	selected := Select(all, filters...)
	if len(selected) == 0 {
		t.Fatal("recorded: no interaction passes the filters")
	}
	return selected
}
