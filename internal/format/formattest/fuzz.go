package formattest

import (
	"bytes"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// FuzzParseRequest is the body of a format's fuzz target of that name: any body
// is understood or refused with a ValidationException; and what was understood
// can be rendered, and means the same then.
func FuzzParseRequest(f *testing.F, s Suite) {
	for _, operation := range []string{"InvokeModel", "InvokeModelWithResponseStream"} {
		for _, one := range s.recordings(f, operation) {
			f.Add([]byte(one.Request.Body))
		}
	}
	for _, test := range s.Malformed {
		f.Add([]byte(test.Body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, modelID := range s.ModelIDs {
			request, err := s.Format.ParseRequest(modelID, body)
			if err != nil {
				if !isValidation(err) {
					t.Errorf("%s: %v is no ValidationException", modelID, err)
				}
				continue
			}
			s.stays(t, modelID, request.Conversation)
		}
	})
}

// stays checks that a conversation survives its own body. One that was parsed
// from a prompt may hold what the prompt's template cannot say again; it must
// only not crash anything.
func (s Suite) stays(t *testing.T, modelID string, conversation *bedrock.ConverseRequest) {
	body, err := s.Format.RenderRequest(modelID, conversation)
	if s.Carries.Prompt {
		return
	}
	if err != nil {
		t.Fatalf("%s: render: %v", modelID, err)
	}
	again, err := s.Format.ParseRequest(modelID, body)
	if err != nil {
		t.Fatalf("%s: parse %s: %v", modelID, body, err)
	}
	if d := gocmp.Diff(conversation, again.Conversation, same); d != "" {
		t.Fatalf("%s: the conversation changed on its way through %s (-before +after):\n%s", modelID, body, d)
	}
}

// FuzzParseStream is the body of a format's fuzz target of that name: the input
// is a stream of chunks, one a line, and a whole answer too. Nothing crashes,
// and what was understood can be written.
func FuzzParseStream(f *testing.F, s Suite) {
	for _, one := range s.recordings(f, "InvokeModelWithResponseStream") {
		var lines [][]byte
		for _, event := range one.Response.Events {
			lines = append(lines, event.Chunk)
		}
		f.Add(bytes.Join(lines, []byte("\n")))
	}
	for _, one := range s.recordings(f, "InvokeModel") {
		f.Add([]byte(one.Response.Body))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if answer, err := s.Format.ParseResponse(input); err == nil {
			for _, modelID := range s.ModelIDs {
				if _, err := s.Format.Renderer(modelID).Response(answer); err != nil {
					t.Errorf("%s: an answer that was understood cannot be written: %v", modelID, err)
				}
			}
		}
		chunks := each(bytes.Split(input, []byte("\n")))
		for _, modelID := range s.ModelIDs {
			_, _ = collect(s.Format.Renderer(modelID).Stream(s.Format.ParseStream(chunks)))
		}
	})
}
