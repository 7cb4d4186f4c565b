package rerank_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/rerank"
)

const (
	cohere = "cohere.rerank-v3-5:0"
	amazon = "amazon.rerank-v1:0"
)

func malformed(what string) string {
	return "Malformed input request: " + what + ", please reformat your input and try again."
}

var refused = []struct{ modelID, body, message string }{
	{cohere, `{"query":"q","documents":["a"]}`, malformed("#: required key [api_version] not found")},
	{cohere, `{"query":"q","documents":["a"],"api_version":1}`, malformed("#/api_version: 1 is not greater or equal to 2")},
	{amazon, `{"query":"q","documents":["a"],"api_version":2}`, malformed("#: extraneous key [api_version] is not permitted")},
	{amazon, `{"query":"","documents":["a"]}`, malformed("#/query: expected minLength: 1, actual: 0")},
	{amazon, `{"query":"q","documents":[]}`, malformed("#/documents: expected minimum item count: 1, found: 0")},
	{amazon, `{"query":"q","documents":["a",""]}`, malformed("#/documents/1: expected minLength: 1, actual: 0")},
	{amazon, `{"query":"q","documents":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 1001), ",") + `]}`, malformed("#/documents: expected maximum item count: 1000, found: 1001")},
	{amazon, `{"query":"q","documents":["a"],"top_n":0}`, malformed("#/top_n: 0 is not greater or equal to 1")},
}

func TestRefused(t *testing.T) {
	for _, test := range refused {
		_, err := rerank.New().ParseRequest(test.modelID, []byte(test.body))
		if x, ok := errors.AsType[*bedrock.ValidationException](err); !ok || x.Message != test.message {
			t.Errorf("%.80s: %v, want %s", test.body, err, test.message)
		}
	}
}

// The most relevant comes first, of equals the first; no more than was asked for.
func TestAnswers(t *testing.T) {
	for _, test := range []struct{ modelID, members, want string }{
		{cohere, `"api_version":2`, `{"results":[{"index":2,"relevance_score":0.9},{"index":1,"relevance_score":0.5},{"index":3,"relevance_score":0.5},{"index":0,"relevance_score":0}]}`},
		{amazon, `"top_n":2`, `{"results":[{"index":2,"relevance_score":0.9},{"index":1,"relevance_score":0.5}]}`},
		{amazon, `"top_n":9`, `{"results":[{"index":2,"relevance_score":0.9},{"index":1,"relevance_score":0.5},{"index":3,"relevance_score":0.5},{"index":0,"relevance_score":0}]}`},
	} {
		request, err := rerank.New().ParseRequest(test.modelID, []byte(`{"query":"q","documents":["a","b","c","d"],`+test.members+`}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := request.Render([]float64{0, 0.5, 0.9, 0.5})
		if err != nil || string(got) != test.want {
			t.Errorf("%s %s: %s, %v", test.modelID, test.members, got, err)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"query":"q","documents":["a","b"],"top_n":1,"api_version":2}`))
	for _, test := range refused {
		f.Add([]byte(test.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, id := range []string{cohere, amazon} {
			request, err := rerank.New().ParseRequest(id, body)
			if err != nil {
				if _, ok := errors.AsType[*bedrock.ValidationException](err); !ok {
					t.Errorf("%s: %v is no ValidationException", id, err)
				}
				continue
			}
			if request.Query == "" || len(request.Documents) == 0 || slices.Contains(request.Documents, "") {
				t.Errorf("%s: %+v", id, request)
			}
			if _, err := request.Render(make([]float64, len(request.Documents))); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}
