package server_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/recorded"
	"github.com/saprolite/saprolite/internal/restjson"
)

// union is a pointer to an event stream union.
type union interface {
	SetEvent(eventType string) any
	EventType() string
	Event() any
}

// unguarded passes what no guardrail had a hand in: traces wait until there are
// guardrails.
func unguarded(one *recorded.Interaction) bool { return !slices.Contains(features(one), guardrails) }

// Every recorded stream, read into the vocabulary and written again as the
// server writes, is the same bytes.
func TestRecordedEventsInTheVocabulary(t *testing.T) {
	for _, one := range recorded.Load(t, recorded.Streamed, unguarded) {
		var frame eventstream.Frame
		for _, event := range one.Response.Events {
			var output union = new(bedrock.ConverseStreamOutput)
			if one.Operation == "InvokeModelWithResponseStream" {
				output = new(bedrock.ResponseStream)
			}
			shape := output.SetEvent(event.Type)
			if event.MessageType == "exception" {
				shape = new(bedrock.ModelStreamErrorException)
				frame.BeginException(event.Type)
			} else {
				frame.BeginEvent(output.EventType())
			}
			if err := json.Unmarshal(event.Payload, shape); err != nil {
				t.Fatalf("%s: %v", one.ID, err)
			}
			if err := restjson.EncodeBody(&frame, shape); err != nil {
				t.Fatalf("%s: %v", one.ID, err)
			}
			frame.End()
		}
		if !bytes.Equal(frame.Bytes(), one.Response.Stream) {
			t.Errorf("%s: (-recorded +got)\n%s", one.ID, gocmp.Diff(payloads(t, one.Response.Stream), payloads(t, frame.Bytes())))
		}
	}
}

func payloads(t testing.TB, stream []byte) (texts []string) {
	for _, message := range readStream(t, stream) {
		texts = append(texts, string(message.Payload))
	}
	return texts
}

// variable is what no two answers share, wherever it stands in their text.
var variable = regexp.MustCompile(`"(latencyMs|p|id)":("[^"]*"|[0-9]+)`)

func withoutVariable(text []byte) string {
	return variable.ReplaceAllString(string(text), `"$1":0`)
}

// A stream of ConverseStream is, but for paddings and latencies, the recorded
// bytes.
func TestRecordedStreamsByTheByte(t *testing.T) {
	all, judge := newHouse(t, everything), newJudge(t)
	client, same := newClient(t, h2c), 0
	for _, one := range recorded.Load(t, recorded.Streamed, recorded.Operation("ConverseStream"), recorded.Of(recorded.Genuine)) {
		got := all.ask(t, client, one)
		if got.status != one.Response.Status || judge.difference(t, one, got) != "" || judge.eitherWay[baseID(one)] {
			continue // TestRecorded says why
		}
		want, have := readStream(t, one.Response.Stream), readStream(t, got.body)
		for i := range want {
			if d := gocmp.Diff(want[i].Headers, have[i].Headers); d != "" {
				t.Errorf("%s: headers of frame %d (-recorded +got)\n%s", one.ID, i, d)
			}
			if !bytes.Contains(want[i].Payload, []byte(`"p":"`)) {
				continue // from before there were paddings
			}
			if d := gocmp.Diff(withoutVariable(want[i].Payload), withoutVariable(have[i].Payload)); d != "" {
				t.Errorf("%s: frame %d (-recorded +got)\n%s", one.ID, i, d)
			}
		}
		same++
	}
	if same < 25 {
		t.Errorf("only %d streams were compared", same)
	}
	t.Logf("%d streams compared", same)
}

// An answer that was recorded byte for byte comes back byte for byte, but for
// latencies and the names of answers.
func TestRecordedBodiesByTheByte(t *testing.T) {
	all, judge := newHouse(t, everything), newJudge(t)
	client, same := newClient(t, http1), 0
	exact := func(i *recorded.Interaction) bool { return i.Response.Exact }
	for _, one := range recorded.Load(t, recorded.Plain, exact, recorded.Operation(operations...), recorded.Of(recorded.Genuine)) {
		got := all.ask(t, client, one)
		if judge.difference(t, one, got) != "" || judge.eitherWay[baseID(one)] || slices.Contains(sortedKeys, one.ID) {
			continue // TestRecorded says why
		}
		if d := gocmp.Diff(withoutVariable(one.Response.Body), withoutVariable(got.body)); d != "" {
			t.Errorf("%s (-recorded +got)\n%s", one.ID, d)
		}
		same++
	}
	if same < 30 {
		t.Errorf("only %d bodies were compared", same)
	}
	t.Logf("%d bodies compared", same)
}
