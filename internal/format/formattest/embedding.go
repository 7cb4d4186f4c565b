package formattest

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
)

// EmbeddingSuite is a format of vectors under test.
type EmbeddingSuite struct {
	Format format.Embedding
	// ModelIDs are the bare ids of its models, one for each form of the body.
	ModelIDs []string
	// Answered are bodies and what their answers must be.
	Answered []Answered
	// Refused are bodies that are not answered.
	Refused []Refused
}

// Answered is a body whose every text gets the vector 1, 0, -1, of three tokens.
type Answered struct {
	ModelID, Body string
	// Check sees the answer.
	Check func(t *testing.T, answer []byte)
}

// Refused is a body that is refused with a ValidationException.
type Refused struct {
	// ModelID is that of the request; empty is the first of the suite.
	ModelID, Body, Message string
}

// RunEmbedding puts a format through the suite.
func RunEmbedding(t *testing.T, s EmbeddingSuite) {
	t.Run("recorded", s.recorded)
	t.Run("answers", s.answers)
	t.Run("refused", s.refused)
}

func (s EmbeddingSuite) recordings(t testing.TB) []*recorded.Interaction {
	return recorded.Load(t, recorded.Family("embed"), recorded.Status(200), func(i *recorded.Interaction) bool {
		return slices.Contains(s.ModelIDs, i.ModelID)
	})
}

// recorded writes the recorded vectors as an answer to the recorded request. What
// comes back holds the same vectors; the server's own test compares every member.
func (s EmbeddingSuite) recorded(t *testing.T) {
	for _, one := range s.recordings(t) {
		request, err := s.Format.ParseRequest(one.ModelID, one.Request.Body)
		if err != nil {
			t.Errorf("%s: %v", one.ID, err)
			continue
		}
		want, err := s.Format.ParseResponse(one.Response.Body)
		if err != nil || len(want.Vectors) != len(request.Texts) {
			t.Errorf("%s: %d vectors for %d texts, %v", one.ID, len(want.Vectors), len(request.Texts), err)
			continue
		}
		body, err := request.Render(want)
		if err != nil {
			t.Errorf("%s: %v", one.ID, err)
			continue
		}
		got, err := s.Format.ParseResponse(body)
		if diff := gocmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", one.ID, err, diff)
		}
	}
}

func (s EmbeddingSuite) answers(t *testing.T) {
	for _, test := range s.Answered {
		t.Run(test.ModelID, func(t *testing.T) {
			request, err := s.Format.ParseRequest(test.ModelID, []byte(test.Body))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := request.Render(plain(request))
			if err != nil {
				t.Fatal(err)
			}
			test.Check(t, answer)
		})
	}
}

// plain are vectors for the texts of a request.
func plain(request *format.EmbeddingRequest) *provider.Embeddings {
	whole := new(provider.Embeddings)
	for range request.Texts {
		whole.Vectors = append(whole.Vectors, []float32{1, 0, -1})
		whole.InputTokens += 3
	}
	return whole
}

func (s EmbeddingSuite) refused(t *testing.T) {
	for _, test := range s.Refused {
		_, err := s.Format.ParseRequest(cmp.Or(test.ModelID, s.ModelIDs[0]), []byte(test.Body))
		if x, ok := errors.AsType[*bedrock.ValidationException](err); !ok || x.Message != test.Message {
			t.Errorf("%s: %v, want %s", test.Body, err, test.Message)
		}
	}
}

// FuzzEmbedding is the body of a format's fuzz target: any body is refused with a
// ValidationException, or understood and answered by vectors for each of its texts.
func FuzzEmbedding(f *testing.F, s EmbeddingSuite) {
	for _, one := range s.recordings(f) {
		f.Add([]byte(one.Request.Body))
	}
	for _, test := range s.Answered {
		f.Add([]byte(test.Body))
	}
	for _, test := range s.Refused {
		f.Add([]byte(test.Body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, id := range s.ModelIDs {
			request, err := s.Format.ParseRequest(id, body)
			if err != nil {
				if !isValidation(err) {
					t.Errorf("%s: %v is no ValidationException", id, err)
				}
				continue
			}
			if request.Source != nil && request.Texts == nil {
				request.Texts = []string{"what lies there"}
			}
			if len(request.Texts) == 0 || slices.Contains(request.Texts, "") {
				t.Errorf("%s: the texts are %q", id, request.Texts)
			}
			answer, err := request.Render(plain(request))
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			if _, err := s.Format.ParseResponse(answer); err != nil {
				t.Errorf("%s: %v in %s", id, err, answer)
			}
		}
	})
}
