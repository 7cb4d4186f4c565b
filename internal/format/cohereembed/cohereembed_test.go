package cohereembed_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/format/cohereembed"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/provider"
)

const (
	v3           = "cohere.embed-english-v3"
	multilingual = "cohere.embed-multilingual-v3"
	v4           = "cohere.embed-v4:0"
)

func malformed(what string) string {
	return "Malformed input request: " + what + ", please reformat your input and try again."
}

// members are those of an answer that every answer has, and the length of the
// vectors in each type.
type members struct {
	Type    string
	Texts   []string
	Lengths map[string][]int
}

func holds(want members) func(*testing.T, []byte) {
	return func(t *testing.T, answer []byte) {
		t.Helper()
		var native struct {
			Embeddings jsontext.Value `json:"embeddings"`
			ID         string         `json:"id"`
			Type       string         `json:"response_type"`
			Texts      []string       `json:"texts"`
		}
		if err := json.Unmarshal(answer, &native); err != nil || len(native.ID) != 36 {
			t.Fatalf("id %q, %v", native.ID, err)
		}
		sorted := map[string][][]float64{}
		var err error
		if native.Type == "embeddings_floats" {
			var floats [][]float64
			err = json.Unmarshal(native.Embeddings, &floats)
			sorted[""] = floats
		} else {
			err = json.Unmarshal(native.Embeddings, &sorted)
		}
		got := members{native.Type, native.Texts, map[string][]int{}}
		for kind, vectors := range sorted {
			for _, v := range vectors {
				got.Lengths[kind] = append(got.Lengths[kind], len(v))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		if !strings.HasPrefix(string(answer), `{"embeddings":`) {
			t.Errorf("%s …", answer[:80])
		}
	}
}

var suite = formattest.EmbeddingSuite{
	Format:   cohereembed.New(),
	ModelIDs: []string{v3, multilingual, v4},
	Answered: []formattest.Answered{
		{ModelID: v3, Body: `{"texts":["Hi","There"],"input_type":"search_query"}`,
			Check: holds(members{"embeddings_floats", []string{"hi", "there"}, map[string][]int{"": {1024, 1024}}})},
		{ModelID: multilingual, Body: `{"texts":["Hi"],"input_type":"clustering","embedding_types":["int8","ubinary"]}`,
			Check: holds(members{"embeddings_by_type", []string{"Hi"}, map[string][]int{"int8": {1024}, "ubinary": {128}}})},
		{ModelID: v4, Body: `{"texts":["Hi"],"input_type":"search_document"}`,
			Check: holds(members{"embeddings_by_type", []string{"Hi"}, map[string][]int{"float": {1536}}})},
		{ModelID: v4, Body: `{"texts":["Hi"],"input_type":"search_document","output_dimension":256,"embedding_types":["float","int8","uint8","binary","ubinary"]}`,
			Check: holds(members{"embeddings_by_type", []string{"Hi"}, map[string][]int{"float": {256}, "int8": {256}, "uint8": {256}, "binary": {32}, "ubinary": {32}}})},
		{ModelID: v4, Body: `{"inputs":[{"content":[{"type":"text","text":"Hi"},{"type":"text","text":"there"}]}],"input_type":"search_document","max_tokens":9}`,
			Check: holds(members{"embeddings_by_type", nil, map[string][]int{"float": {1536}}})},
	},
	Refused: []formattest.Refused{
		{Body: `{"texts":["Hi"]}`, Message: malformed("#: required key [input_type] not found")},
		{Body: `{"input_type":"search_query"}`, Message: malformed("#: required key [texts] not found")},
		{Body: `{"texts":[],"input_type":"search_query"}`, Message: malformed("#/texts: expected minimum item count: 1, found: 0")},
		{Body: `{"texts":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 97), ",") + `],"input_type":"search_query"}`, Message: malformed("#/texts: expected maximum item count: 96, found: 97")},
		{Body: `{"texts":["a",""],"input_type":"search_query"}`, Message: malformed("#/texts/1: expected minLength: 1, actual: 0")},
		{Body: `{"texts":["` + strings.Repeat("ä", 2049) + `"],"input_type":"search_query"}`, Message: malformed("#/texts/0: expected maxLength: 2048, actual: 2049")},
		{Body: `{"texts":["a"],"input_type":"query"}`, Message: malformed("#/input_type: query is not a valid enum value")},
		{Body: `{"texts":["a"],"input_type":"search_query","truncate":"MIDDLE"}`, Message: malformed("#/truncate: MIDDLE is not a valid enum value")},
		{Body: `{"texts":["a"],"input_type":"search_query","embedding_types":["float","int4"]}`, Message: malformed("#/embedding_types/1: int4 is not a valid enum value")},
		{Body: `{"texts":["a"],"input_type":"search_query","output_dimension":256}`, Message: malformed("#: extraneous key [output_dimension] is not permitted")},
		{Body: `{"images":["data:image/png;base64,AA=="],"input_type":"image"}`, Message: "This model doesn't support the images field. Remove images and try again."},
		{ModelID: v4, Body: `{"texts":["a"],"input_type":"search_query","output_dimension":300}`, Message: malformed("#/output_dimension: 300 is not a valid enum value")},
		{ModelID: v4, Body: `{"inputs":[{"content":[{"type":"image_url","image_url":{"url":"data:"}}]}],"input_type":"search_document"}`,
			Message: "This model doesn't support the image_url field. Remove image_url and try again."},
		{ModelID: v4, Body: `{"inputs":[{"content":[{"type":"text"}]}],"input_type":"search_document"}`, Message: malformed("#/inputs/0/content/0: required key [text] not found")},
	},
}

func TestSuite(t *testing.T) { formattest.RunEmbedding(t, suite) }

func TestRequest(t *testing.T) {
	request, err := suite.Format.ParseRequest(v4, []byte(suite.Answered[4].Body))
	if err != nil || request.MaxTokens != 9 || !slices.Equal(request.Texts, []string{"Hi\nthere"}) {
		t.Errorf("%+v, %v", request, err)
	}
	for mode, want := range map[string]provider.Truncation{
		"NONE": provider.TruncateNone, "START": provider.TruncateStart, "END": provider.TruncateEnd,
	} {
		request, err := suite.Format.ParseRequest(v3, []byte(`{"texts":["a"],"input_type":"search_query","truncate":"`+mode+`"}`))
		if err != nil || request.Truncate != want {
			t.Errorf("%s: %+v, %v", mode, request, err)
		}
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzEmbedding(f, suite) }
