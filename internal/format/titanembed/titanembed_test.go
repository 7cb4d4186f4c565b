package titanembed_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/format/titanembed"
)

const (
	v1    = "amazon.titan-embed-text-v1"
	v2    = "amazon.titan-embed-text-v2:0"
	image = "amazon.titan-embed-image-v1"
)

func malformed(what string) string {
	return "Malformed input request: " + what + ", please reformat your input and try again."
}

var suite = formattest.EmbeddingSuite{
	Format:   titanembed.New(),
	ModelIDs: []string{v1, v2, image},
	Answered: []formattest.Answered{
		{ModelID: v1, Body: `{"inputText":"Hi"}`, Check: holds(`{"embedding":[1,0,-1,0`, `],"inputTextTokenCount":3}`, 1536)},
		{ModelID: v2, Body: `{"inputText":"Hi","normalize":false,"dimensions":256,"embeddingTypes":["binary"]}`,
			Check: holds(`{"embedding":[1,0,-1,0,`, `],"embeddingsByType":{"binary":[1`+strings.Repeat(",0", 255)+`]},"inputTextTokenCount":3}`, 256)},
		{ModelID: v2, Body: `{"inputText":"Hi"}`, Check: holds(`{"embedding":[0.7071067690849304,0,-0.7071067690849304,0,`, `]},"inputTextTokenCount":3}`, 1024)},
		{ModelID: v2, Body: `{"inputText":"Hi","embeddingTypes":["float","binary"]}`, Check: holds(`{`, `]},"inputTextTokenCount":3}`, 1024)},
		{ModelID: image, Body: `{"inputText":"Hi","embeddingConfig":{"outputEmbeddingLength":384}}`,
			Check: holds(`{"embedding":[0.7071067690849304,0,`, `],"inputTextTokenCount":3,"message":null}`, 384)},
	},
	Refused: []formattest.Refused{
		{ModelID: v1, Body: `{"inputText":"Hi","dimensions":256}`, Message: malformed("#: extraneous key [dimensions] is not permitted")},
		{ModelID: v1, Body: `{"inputText":""}`, Message: malformed("#/inputText: expected minLength: 1, actual: 0")},
		{ModelID: v2, Body: `{}`, Message: malformed("#: required key [inputText] not found")},
		{ModelID: v2, Body: `{"inputText":["Hi"]}`, Message: malformed("#/inputText: expected type: String, found: JSONArray")},
		{ModelID: v2, Body: `{"inputText":"` + strings.Repeat("a", 50001) + `"}`, Message: malformed("#/inputText: expected maxLength: 50000, actual: 50001")},
		{ModelID: v2, Body: `{"inputText":"Hi","dimensions":300}`, Message: malformed("#/dimensions: 300 is not a valid enum value")},
		{ModelID: v2, Body: `{"inputText":"Hi","embeddingTypes":["float","int8"]}`, Message: malformed("#/embeddingTypes/1: int8 is not a valid enum value")},
		{ModelID: image, Body: `{"inputText":"Hi","inputImage":"AAAA"}`, Message: "This model doesn't support the inputImage field. Remove inputImage and try again."},
		{ModelID: image, Body: `{}`, Message: malformed("#: required key [inputText] not found")},
		{ModelID: image, Body: `{"inputText":"Hi","embeddingConfig":{"outputEmbeddingLength":512}}`,
			Message: malformed("#/embeddingConfig/outputEmbeddingLength: 512 is not a valid enum value")},
	},
}

// holds checks how an answer begins and ends, and the dimensions of its vector.
func holds(begin, end string, dimensions int) func(*testing.T, []byte) {
	return func(t *testing.T, answer []byte) {
		t.Helper()
		if !strings.HasPrefix(string(answer), begin) || !strings.HasSuffix(string(answer), end) {
			t.Errorf("%s … %s", answer[:80], answer[len(answer)-80:])
		}
		var native struct {
			Embedding []float64 `json:"embedding"`
			ByType    struct {
				Float []float64 `json:"float"`
			} `json:"embeddingsByType"`
		}
		if err := json.Unmarshal(answer, &native); err != nil || len(native.Embedding) != dimensions {
			t.Errorf("%d dimensions, %v", len(native.Embedding), err)
		}
		if diff := cmp.Diff(native.Embedding, native.ByType.Float); native.ByType.Float != nil && diff != "" {
			t.Error(diff)
		}
	}
}

func TestSuite(t *testing.T) { formattest.RunEmbedding(t, suite) }

func FuzzParseRequest(f *testing.F) { formattest.FuzzEmbedding(f, suite) }
