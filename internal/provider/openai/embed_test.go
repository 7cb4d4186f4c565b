package openai_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// maxWords is the context of the server for vectors.
const maxWords = 20

// vectors is a server whose vectors count words, and which ranks by common words.
type vectors struct {
	// rerank is where it ranks; empty for a server that does not.
	rerank string
	// logits makes it give what a model says, not probabilities.
	logits bool
}

func (v vectors) serve(t *testing.T) (*openai.Client, *httptest.Server) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", v.embeddings)
	if v.rerank != "" {
		mux.HandleFunc("POST "+v.rerank, v.ranking)
	}
	web := httptest.NewServer(mux)
	client, err := openai.New(openai.Options{BaseURL: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client, web
}

func (vectors) embeddings(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Model string
		Input []string
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Model == "" {
		http.Error(w, `{"error":{"message":"bad request"}}`, 400)
		return
	}
	tokens, data := 0, []string{}
	for i, text := range slices.Backward(asked.Input) { // as llama.cpp may
		words := strings.Fields(text)
		if len(words) > maxWords {
			http.Error(w, `{"error":{"message":"This model's maximum context length is 20 tokens."}}`, 400)
			return
		}
		tokens += len(words)
		data = append(data, fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%s}`, i, quote(bag(text))))
	}
	fmt.Fprintf(w, `{"object":"list","data":[%s],"usage":{"prompt_tokens":%d,"total_tokens":%d}}`, strings.Join(data, ","), tokens, tokens)
}

// bag counts the words of a text.
func bag(text string) []float32 {
	v := make([]float32, 64)
	for word := range strings.FieldsSeq(text) {
		h := fnv.New32a()
		h.Write([]byte(word))
		v[h.Sum32()%64]++
	}
	return v
}

func (v vectors) ranking(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Query     string
		Documents []string
		TopN      int `json:"top_n"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.TopN != len(asked.Documents) {
		http.Error(w, `{"error":{"message":"bad request"}}`, 400)
		return
	}
	results := []string{}
	for i, document := range slices.Backward(asked.Documents) {
		relevance := max(0, providertest.Cosine(bag(asked.Query), bag(document)))
		if v.logits {
			relevance = 10*relevance - 5
		}
		results = append(results, fmt.Sprintf(`{"index":%d,"relevance_score":%g}`, i, relevance))
	}
	fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(results, ","))
}

func TestEmbedder(t *testing.T) {
	for name, v := range map[string]vectors{
		"below /v1": {rerank: "/v1/rerank"}, "beside /v1": {rerank: "/rerank"}, "logits": {rerank: "/v1/rerank", logits: true},
	} {
		t.Run(name, func(t *testing.T) {
			providertest.RunEmbedder(t, func(t *testing.T) providertest.EmbedHarness {
				client, web := v.serve(t)
				return providertest.EmbedHarness{
					Embedder: client, Model: "m", TooLong: providertest.Words(500), MaxTokens: maxWords,
					Close: func() {
						client.Close()
						web.Close()
					},
				}
			})
		})
	}
}

// What is cut off is as little as may be, from the end that was named.
func TestEmbedShortened(t *testing.T) {
	client, web := vectors{}.serve(t)
	defer web.Close()
	defer client.Close()
	text := "first " + providertest.Words(40) + " last"
	for how, want := range map[provider.Truncation]string{provider.TruncateEnd: "first", provider.TruncateStart: "last"} {
		answer, err := client.Embed(t.Context(), provider.EmbedCall{Model: "m", Texts: []string{text}, Truncate: how})
		if err != nil {
			t.Fatal(err)
		}
		if providertest.Cosine(answer.Vectors[0], bag(want)) <= 0 || answer.InputTokens < maxWords/2 {
			t.Errorf("%d tokens are left, %q not among them", answer.InputTokens, want)
		}
	}
}

func TestNoRanking(t *testing.T) {
	client, web := vectors{}.serve(t)
	defer web.Close()
	defer client.Close()
	_, err := client.Rerank(t.Context(), provider.RerankCall{Model: "m", Query: "a", Documents: []string{"b"}})
	if x, ok := errors.AsType[*bedrock.ValidationException](err); !ok || x.Message != "The requested operation is not supported for the provided model." {
		t.Errorf("the error is %v", err)
	}
}

// An answer that is not what was asked for is the model's error, and nobody's vector.
func TestEmbedMalformed(t *testing.T) {
	got := map[string]string{}
	want := map[string]string{}
	for name, body := range map[string]string{
		"no JSON":        `oops`,
		"none":           `{"data":[]}`,
		"one too few":    `{"data":[{"index":0,"embedding":[1]}]}`,
		"twice":          `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`,
		"index":          `{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}`,
		"negative index": `{"data":[{"index":0,"embedding":[1]},{"index":-1,"embedding":[1]}]}`,
		"two lengths":    `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`,
		"empty":          `{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[]}]}`,
		"text":           `{"data":[{"index":0,"embedding":"AAAA"},{"index":1,"embedding":"AAAA"}]}`,
		"too large":      `{"data":[{"index":0,"embedding":[1e99]},{"index":1,"embedding":[1]}]}`,
	} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		client, err := openai.New(openai.Options{BaseURL: web.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Embed(t.Context(), provider.EmbedCall{Model: "m", Texts: []string{"a", "b"}})
		want[name], got[name] = "ModelErrorException", codeOf(err)
		_, err = client.Rerank(t.Context(), provider.RerankCall{Model: "m", Query: "q", Documents: []string{"a", "b"}})
		want[name+", ranked"], got[name+", ranked"] = "ModelErrorException", codeOf(err)
		client.Close()
		web.Close()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func codeOf(err error) string {
	if x, ok := errors.AsType[bedrock.Exception](err); ok {
		return x.ErrorCode()
	}
	return fmt.Sprint(err)
}
