package formattest

import (
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// testConversations checks Parse(Render(x)) == x on generated conversations and
// on the suite's own.
func (s Suite) testConversations(t *testing.T) {
	for _, modelID := range s.ModelIDs {
		for seed := range uint64(200) {
			s.roundTrip(t, modelID, newGenerator(s.Carries, seed).conversation())
		}
		for _, conversation := range s.Conversations {
			s.roundTrip(t, modelID, conversation)
		}
	}
}

func (s Suite) roundTrip(t *testing.T, modelID string, conversation *bedrock.ConverseRequest) {
	t.Helper()
	body, err := s.Format.RenderRequest(modelID, conversation)
	if err != nil {
		t.Fatalf("%s: render: %v", modelID, err)
	}
	parsed, err := s.Format.ParseRequest(modelID, body)
	if err != nil {
		t.Fatalf("%s: parse %s: %v", modelID, body, err)
	}
	if d := gocmp.Diff(conversation, parsed.Conversation, same); d != "" {
		t.Fatalf("%s: the conversation changed on its way through %s (-before +after):\n%s", modelID, body, d)
	}
}

// testBlocks checks that each kind of content block is carried, or refused, but
// never left out.
func (s Suite) testBlocks(t *testing.T) {
	for kind, conversation := range blocks() {
		t.Run(kind, func(t *testing.T) {
			for _, modelID := range s.ModelIDs {
				if slices.Contains(s.Carries.Blocks, kind) {
					s.roundTrip(t, modelID, conversation)
					continue
				}
				body, err := s.Format.RenderRequest(modelID, conversation)
				if !isValidation(err) {
					t.Errorf("%s: got %s, %v, want a ValidationException", modelID, body, err)
				}
			}
		})
	}
}

func isValidation(err error) bool {
	_, ok := errors.AsType[*bedrock.ValidationException](err)
	return ok
}

// testMalformed checks that bad bodies are refused, and in which words.
func (s Suite) testMalformed(t *testing.T) {
	for _, modelID := range s.ModelIDs {
		for _, body := range []string{"", " ", "null", "[]", "7", `"text"`, "{", "{}", `{"a":1,"a":2}`, "\xff", `{"messages":"\xff"}`} {
			if _, err := s.Format.ParseRequest(modelID, []byte(body)); !isValidation(err) {
				t.Errorf("%s: body %q gave %v, want a ValidationException", modelID, body, err)
			}
		}
	}
	for _, test := range s.Malformed {
		t.Run(test.Name, func(t *testing.T) {
			_, err := s.Format.ParseRequest(s.ModelIDs[0], []byte(test.Body))
			refusal, ok := errors.AsType[*bedrock.ValidationException](err)
			if !ok {
				t.Fatalf("got %v, want a ValidationException", err)
			}
			if refusal.Message != test.Message {
				t.Errorf("got  %s\nwant %s", refusal.Message, test.Message)
			}
		})
	}
}

// testRecordedRequests checks that bodies which the service took are taken, and
// that nothing of what was understood is lost when it is rendered again.
func (s Suite) testRecordedRequests(t *testing.T) {
	for _, operation := range []string{"InvokeModel", "InvokeModelWithResponseStream"} {
		for _, one := range s.recordings(t, operation) {
			parsed, err := s.Format.ParseRequest(bareID(one.ModelID), one.Request.Body)
			if err != nil {
				t.Errorf("%s: %v\n%s", one.ID, err, one.Request.Body)
				continue
			}
			s.roundTrip(t, bareID(one.ModelID), parsed.Conversation)
		}
	}
}
