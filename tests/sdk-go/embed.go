package sdkgo

import (
	"encoding/json"
	"math"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The texts whose cosines the reference implementation of the default embedding
// model gives: 0.7553 between the first two, -0.1049 between the first and the last.
const (
	eating = "A man is eating food."
	bread  = "A man is eating a piece of bread."
	baby   = "The girl is carrying a baby."
)

// invoke calls InvokeModel with a body, which must succeed, and reads the answer.
func invoke(t *testing.T, target Target, model string, body, answer any) *smithyhttp.Response {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := target.runtime().InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: &model, Body: data})
	if err != nil {
		t.Fatalf("%s: %v", model, err)
	}
	if err := json.Unmarshal(out.Body, answer); err != nil {
		t.Fatalf("%s: %v in %s", model, err, out.Body)
	}
	return awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response)
}

type object map[string]any

// embedders ask a model of each family for the vector of a text.
func embedders(t *testing.T, target Target) map[string]func(text string, dimensions int) []float64 {
	return map[string]func(string, int) []float64{
		"amazon.titan-embed-text-v2:0": func(text string, dimensions int) []float64 {
			var answer struct{ Embedding []float64 }
			invoke(t, target, "amazon.titan-embed-text-v2:0", object{"inputText": text, "dimensions": dimensions}, &answer)
			return answer.Embedding
		},
		"amazon.nova-2-multimodal-embeddings-v1:0": func(text string, dimensions int) []float64 {
			var answer struct {
				Embeddings []struct{ Embedding []float64 }
			}
			invoke(t, target, "amazon.nova-2-multimodal-embeddings-v1:0", object{
				"taskType": "SINGLE_EMBEDDING",
				"singleEmbeddingParams": object{"embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": dimensions,
					"text": object{"value": text, "truncationMode": "NONE"}},
			}, &answer)
			return answer.Embeddings[0].Embedding
		},
		"us.cohere.embed-v4:0": func(text string, dimensions int) []float64 {
			var answer struct{ Embeddings struct{ Float [][]float64 } }
			invoke(t, target, "us.cohere.embed-v4:0", object{
				"texts": []string{text}, "input_type": "search_document", "output_dimension": dimensions,
			}, &answer)
			return answer.Embeddings.Float[0]
		},
	}
}

func testEmbed(t *testing.T, target Target) {
	for name, embed := range embedders(t, target) {
		t.Run(name, func(t *testing.T) {
			a, b, c := embed(eating, 1024), embed(bread, 1024), embed(baby, 1024)
			equal(t, "dimensions", len(a), 1024)
			near(t, "cosine of like texts", cosine(a, b), 0.7553, 0.001)
			near(t, "cosine of others", cosine(a, c), -0.1049, 0.001)
			near(t, "length", math.Sqrt(dot(a, a)), 1, 1e-5)
			// Of a model that was not trained for fewer dimensions the first say
			// nearly the same.
			short := embed(eating, 256)
			equal(t, "fewer dimensions", len(short), 256)
			near(t, "cosine of fewer dimensions", cosine(short, embed(bread, 256)), 0.7553, 0.05)
		})
	}
}

func testEmbedTypes(t *testing.T, target Target) {
	var first, second struct {
		Embeddings struct {
			Int8, Binary, Ubinary [][]int
		}
		Texts []string
	}
	body := object{"input_type": "search_query", "embedding_types": []string{"int8", "binary", "ubinary"}}
	for text, answer := range map[string]any{eating: &first, bread: &second} {
		body["texts"] = []string{text}
		invoke(t, target, "cohere.embed-multilingual-v3", body, answer)
	}
	equal(t, "bytes of bits", len(first.Embeddings.Binary[0]), 128)
	equal(t, "binary", first.Embeddings.Binary[0][7], first.Embeddings.Ubinary[0][7]-128)
	near(t, "cosine in whole numbers", cosine(first.Embeddings.Int8[0], second.Embeddings.Int8[0]), 0.7553, 0.01)
}

// testEmbedCounts: tokens are counted as the model has them, two around each text.
func testEmbedCounts(t *testing.T, target Target) {
	var answer struct{ InputTextTokenCount int }
	header := invoke(t, target, "amazon.titan-embed-text-v1", object{"inputText": eating}, &answer).Header
	equal(t, "tokens", answer.InputTextTokenCount, 8)
	equal(t, "tokens in the header", header.Get("X-Amzn-Bedrock-Input-Token-Count"), "8")
	equal(t, "output tokens", header.Get("X-Amzn-Bedrock-Output-Token-Count"), "")
}

func testRerank(t *testing.T, target Target) {
	var answer struct {
		Results []struct {
			Index     int     `json:"index"`
			Relevance float64 `json:"relevance_score"`
		}
	}
	invoke(t, target, "cohere.rerank-v3-5:0", object{
		"query": eating, "documents": []string{baby, bread}, "top_n": 2, "api_version": 2,
	}, &answer)
	if len(answer.Results) != 2 || answer.Results[0].Index != 1 || answer.Results[1].Index != 0 {
		t.Fatalf("%+v", answer)
	}
	near(t, "relevance", answer.Results[0].Relevance, 0.7553, 0.001)
}

func testEmbedRefusals(t *testing.T, target Target) {
	model := "amazon.titan-embed-text-v2:0"
	_, err := target.runtime().Converse(t.Context(), ask(model, eating))
	checkError[*types.ValidationException](t, err, 400,
		"This action doesn't support the model that you provided. Try again with a supported text or chat model.")
	_, err = target.runtime().InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: &model, Body: []byte(`{"inputText":""}`)})
	checkError[*types.ValidationException](t, err, 400,
		"Malformed input request: #/inputText: expected minLength: 1, actual: 0, please reformat your input and try again.")
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > by {
		t.Errorf("%s: %.4f, want %.4f", what, got, want)
	}
}

func cosine[N int | float64](a, b []N) float64 { return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b)) }

func dot[N int | float64](a, b []N) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
