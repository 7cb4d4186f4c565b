// Package formattest is the suite that every format passes. A format's own test
// describes the format in a Suite and calls Run; its fuzz targets call
// FuzzParseRequest and FuzzParseStream.
package formattest

import (
	"slices"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/recorded"
)

// Suite describes a format to the tests.
type Suite struct {
	Format format.Format
	// ModelIDs are bare model ids, one for each shape that the bodies have.
	ModelIDs []string
	// Recorded selects the format's recordings; the suite itself narrows them
	// to genuine answers of InvokeModel and its stream. It is nil for bodies of
	// which none is recorded.
	Recorded []recorded.Filter
	// Carries says what the generated conversations may hold.
	Carries Carries
	// Conversations are carried too, unchanged: what the generator does not
	// make, as tools beside their results.
	Conversations []*bedrock.ConverseRequest
	// Malformed are bodies that are refused, with the words of the refusal.
	Malformed []Malformed
	// ByValue names recordings, by ID, whose answers hold the right values in
	// an order that the model no longer has.
	ByValue []string
	// Outdated names recordings, by ID, whose answers lack members that the model
	// has now; only their requests are tested.
	Outdated []string
	// MadeUp points to the strings of a chunk that no event can carry, so that
	// the renderer makes them up, as /message/id. Their length counts.
	MadeUp []string
	// Recast, where it is not nil, gives the chunks of a recorded stream as the
	// renderer must write them, which comes to know some things later than the
	// service does.
	Recast func(chunks [][]byte) [][]byte
}

// Carries says what a native body has a place for. Text of one user turn is
// always carried, and so are maxTokens, temperature and topP.
type Carries struct {
	// System, Turns and Prefill are system prompts, more than one turn, and a
	// last turn of the assistant.
	System, Turns, Prefill bool
	// StopSequences are those of the inferenceConfig.
	StopSequences bool
	// Prompt tells that the turns travel in one string, so that their text can
	// hold no markers of the template and no outer white space, and a turn is
	// one block.
	Prompt bool
	// MaxTokens tells that maxTokens may not be absent.
	MaxTokens bool
	// Extras are objects of AdditionalModelRequestFields that the body has
	// members for, as {"top_k":5}.
	Extras []string
	// Blocks are the content blocks beside text, by the names of their union
	// members, as toolUse. A conversation with another must be refused.
	Blocks []string
}

// Malformed is a body that the format refuses.
type Malformed struct {
	Name string
	Body string
	// Message is the text of the ValidationException.
	Message string
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	t.Run("Exceptions", s.testExceptions)
	t.Run("Conversations", s.testConversations)
	t.Run("Blocks", s.testBlocks)
	t.Run("Malformed", s.testMalformed)
	t.Run("RecordedRequests", s.testRecordedRequests)
	t.Run("RecordedAnswers", s.testRecordedAnswers)
	t.Run("RecordedStreams", s.testRecordedStreams)
	t.Run("StreamEqualsPlain", s.testStreamEqualsPlain)
	t.Run("NothingHeldBack", s.testNothingHeldBack)
	t.Run("Cancelled", s.testCancelled)
	t.Run("Failed", s.testFailed)
}

// answers gives the recordings of one operation whose answers are tested.
func (s Suite) answers(t testing.TB, operation string) []*recorded.Interaction {
	return slices.DeleteFunc(s.recordings(t, operation), func(i *recorded.Interaction) bool {
		return slices.Contains(s.Outdated, i.ID)
	})
}

// recordings gives the format's genuine successes of one operation.
func (s Suite) recordings(t testing.TB, operation string) []*recorded.Interaction {
	if s.Recorded == nil {
		return nil
	}
	filters := []recorded.Filter{
		recorded.Operation(operation), recorded.Status(200), recorded.Of(recorded.Genuine),
		// Guardrails rewrite native answers; they are no part of a format.
		func(i *recorded.Interaction) bool { return !guarded(i) },
	}
	return recorded.Load(t, append(filters, s.Recorded...)...)
}

// testExceptions checks that the suite makes no exception for what is not there.
func (s Suite) testExceptions(t *testing.T) {
	known := make(map[string]bool)
	for _, one := range recorded.Load(t, s.Recorded...) {
		known[one.ID] = true
	}
	for _, id := range slices.Concat(s.ByValue, s.Outdated) {
		if !known[id] {
			t.Errorf("no recording has the id %s", id)
		}
	}
}
