package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/recorded"
)

// numbered gives events as lines, each after its number and name.
func numbered(events []eventLines) (lines []string) {
	for i, event := range events {
		lines = append(append(lines, fmt.Sprintf("%d %s", i, event.name)), event.lines...)
	}
	return lines
}

// sentLines gives the events of an answer as lines.
func (j *judge) sentLines(t testing.TB, one *recorded.Interaction, got answered) (events []eventLines) {
	t.Helper()
	if !recorded.Streamed(one) {
		return nil
	}
	for _, message := range readStream(t, got.body) {
		payload := message.Payload
		if message.EventType() == "chunk" {
			payload = chunkOf(t, payload)
		}
		events = append(events, eventLines{message.EventType() + message.ExceptionType(), j.lines(t, one, unpadded(payload))})
	}
	return events
}

// eventLines is a recorded event as lines.
type eventLines struct {
	name  string
	lines []string
}

// recordedLines gives the recorded events as the house sends them.
func (j *judge) recordedLines(t testing.TB, one *recorded.Interaction) (events []eventLines) {
	for _, event := range one.Response.Events {
		payload := event.Payload
		if event.Chunk != nil {
			payload = event.Chunk
		}
		lines := j.lines(t, one, unpadded(payload))
		if early, late, ok := splitEnd(lines); ok {
			events = append(events, eventLines{event.Type, early})
			lines = late
		}
		events = append(events, eventLines{event.Type, lines})
	}
	return events
}

// splitEnd parts the last chunk of a Titan or Llama stream. The service puts the
// last text and the end into one chunk. A provider tells the end after the text,
// which is not held back for it, so the house sends two.
func splitEnd(lines []string) (early, late []string, ok bool) {
	const metrics = "/amazon-bedrock-invocationMetrics"
	ended := slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, metrics) })
	for _, line := range lines {
		at, value, _ := strings.Cut(line, " ")
		switch at {
		case "/outputText", "/generation":
			ok = ended && value != `""`
			early, late = append(early, line), append(late, at+` ""`)
		case "/totalOutputTextTokenCount", "/completionReason", "/stop_reason":
			early, late = append(early, at+" null"), append(late, line)
		case "/inputTextTokenCount", "/prompt_token_count":
			early, late = append(early, line), append(late, at+" null")
		default:
			if !strings.HasPrefix(line, metrics) {
				early = append(early, line)
			}
			late = append(late, line)
		}
	}
	return early, late, ok
}

// readStream takes an event stream apart.
func readStream(t testing.TB, body []byte) []*eventstream.Message {
	t.Helper()
	var messages []*eventstream.Message
	reader := eventstream.NewReader(bytes.NewReader(body))
	for {
		message, err := reader.Next()
		if err == io.EOF {
			return messages
		}
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, message)
	}
}

// chunkOf is the native JSON in the payload of a chunk event.
func chunkOf(t testing.TB, payload []byte) json.RawMessage {
	t.Helper()
	var part struct{ Bytes []byte }
	if err := json.Unmarshal(payload, &part); err != nil {
		t.Fatal(err)
	}
	return part.Bytes
}

// unpadded is a payload without its padding, which is always its own member p:
// old recordings have none.
func unpadded(payload []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil || members["p"] == nil {
		return payload
	}
	padding := append([]byte(`"p":`), members["p"]...)
	without := bytes.Replace(payload, append([]byte(","), padding...), nil, 1)
	return bytes.Replace(without, append(padding, ','), nil, 1)
}
