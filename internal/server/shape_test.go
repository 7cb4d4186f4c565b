package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/recorded"
	"github.com/saprolite/saprolite/internal/server"
)

// scriptedAnswer is an ordinary answer, of no model in particular.
const scriptedAnswer = `default: {reply: "It is soft, and so it is rock.", usage: {inputTokens: 12, outputTokens: 7}}`

// An ordinary answer has the shape of the recorded answers of the same operation
// and model: the same members in the same order, null or not, and the same
// headers.
func TestShape(t *testing.T) {
	models := newCatalog(t,
		catalog.Mapping{ID: "*", Provider: "test"},
		catalog.Mapping{ID: "application-inference-profile/mi1dadi0g15f", Provider: "test", BaseModel: claude},
	)
	web, judge := serve(t, server.New(options(models, scripted(t, scriptedAnswer)))), newJudge(t)
	client, compared := newClient(t, http1), map[string]bool{}
	for _, one := range recorded.Load(t, recorded.Operation(operations...), recorded.Status(200), recorded.Of(recorded.Genuine), plainText) {
		request := newRequest(t, t.Context(), web.URL+one.Request.Path, bodyOf(one))
		for name, value := range one.Request.Headers {
			request.Header.Set(name, value)
		}
		got := do(t, client, request)
		if got.status != 200 {
			t.Fatalf("%s: status %d: %s", one.ID, got.status, got.body)
		}
		want := judge.shape(t, one, recordedAnswer(one), judge.recordedLines(t, one))
		have := judge.shape(t, one, got, judge.sentLines(t, one, got))
		if d := diffLines(want, have); d != "" {
			t.Errorf("%s: %s %s (-recorded +got)\n%s", one.ID, one.Operation, one.ModelID, d)
		}
		compared[one.Operation+" "+one.Family] = true
	}
	if len(compared) < 25 {
		t.Errorf("only %d pairs of operation and family were compared: %v", len(compared), compared)
	}
}

// plainText passes requests of text alone whose answers are text alone, too, and
// have some; those that are vectors have their shape from no script.
func plainText(one *recorded.Interaction) bool {
	return len(features(one)) == 0 && one.Family != "embed" &&
		!strings.Contains(string(one.Response.Body), `"reasoning`) && !strings.Contains(string(one.Response.Body), `"content":[]`) &&
		!slices.ContainsFunc(one.Response.Events, func(e recorded.Event) bool {
			return strings.Contains(string(e.Payload), "reasoningContent")
		})
}

// recordedAnswer is the recorded answer in the form of ours.
func recordedAnswer(one *recorded.Interaction) answered {
	got := answered{status: one.Response.Status, header: map[string][]string{}, body: one.Response.Body}
	for name, value := range one.Response.Headers {
		got.header.Set(name, value)
	}
	if recorded.Streamed(one) {
		got.body = one.Response.Stream
	}
	return got
}

// shape is the paths of an answer, or of each kind of its events, and the names
// of its Bedrock headers.
func (j *judge) shape(t testing.TB, one *recorded.Interaction, got answered, events []eventLines) (shape []string) {
	t.Helper()
	if len(one.Response.Headers) > 1 {
		for name := range got.header {
			if strings.HasPrefix(name, "X-Amzn-Bedrock-") && !(strings.Contains(name, "Cache") && slices.Contains(uncached, one.ID)) {
				shape = append(shape, name)
			}
		}
		slices.Sort(shape)
	}
	if !recorded.Streamed(one) {
		return append(shape, slices.DeleteFunc(pathsOf(j.lines(t, one, got.body)), ofTokens)...)
	}
	if one.Family == "titan" && one.Operation == "InvokeModelWithResponseStream" {
		// What lies between is like either, depending on the length of the answer.
		events = []eventLines{events[0], events[len(events)-1]}
	}
	for _, event := range events {
		if line := event.name + " " + strings.Join(pathsOf(event.lines), " "); !slices.Contains(shape, line) {
			shape = append(shape, line)
		}
	}
	return shape
}

// ofTokens finds what Jurassic tells of each token, as its probability: providers
// do not tell it, so that the lists are there, and empty.
func ofTokens(path string) bool { return strings.Contains(path, "/tokens/0") }
