package novaembed_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/format/novaembed"
	"github.com/saprolite/saprolite/internal/provider"
)

const nova = "amazon.nova-2-multimodal-embeddings-v1:0"

func malformed(what string) string {
	return "Malformed input request: " + what + ", please reformat your input and try again."
}

// body makes one with further members of its parameters.
func body(members string) string {
	return `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX",` + members + `}}`
}

const hi = `"text":{"value":"Hi","truncationMode":"NONE"}`

var suite = formattest.EmbeddingSuite{
	Format:   novaembed.New(),
	ModelIDs: []string{nova},
	Answered: []formattest.Answered{
		{ModelID: nova, Body: body(hi), Check: holds(3072)},
		{ModelID: nova, Body: body(hi + `,"embeddingDimension":384`), Check: holds(384)},
	},
	Refused: []formattest.Refused{
		{Body: `{}`, Message: malformed("2 schema violations found")},
		{Body: strings.Replace(body(hi), "SINGLE", "SEGMENTED", 1), Message: malformed("#/taskType: SEGMENTED_EMBEDDING is not a valid enum value")},
		{Body: `{"schemaVersion":"1",` + body(hi)[1:], Message: malformed("#/schemaVersion: 1 is not a valid enum value")},
		{Body: strings.Replace(body(hi), "GENERIC_INDEX", "INDEX", 1), Message: malformed("#/singleEmbeddingParams/embeddingPurpose: INDEX is not a valid enum value")},
		{Body: body(hi + `,"embeddingDimension":512`), Message: malformed("#/singleEmbeddingParams/embeddingDimension: 512 is not a valid enum value")},
		{Body: body(`"text":{"value":"Hi","truncationMode":"MIDDLE"}`), Message: malformed("#/singleEmbeddingParams/text/truncationMode: MIDDLE is not a valid enum value")},
		{Body: body(`"text":{"truncationMode":"NONE"}`), Message: malformed("#/singleEmbeddingParams/text: required key [value] not found")},
		{Body: body(`"text":{"value":"","truncationMode":"NONE"}`), Message: malformed("#/singleEmbeddingParams/text/value: expected minLength: 1, actual: 0")},
		{Body: `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"CLUSTERING"}}`, Message: malformed("#/singleEmbeddingParams: required key [text] not found")},
		{Body: body(`"text":{"truncationMode":"END","source":{"s3Location":{"uri":"s3://b/k"}}}`),
			Message: malformed(`#/singleEmbeddingParams/text/source/s3Location/uri: string [s3://b/k] does not match pattern s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?`)},
		{Body: body(`"text":{"truncationMode":"END","source":{}}`), Message: malformed("#/singleEmbeddingParams/text/source: required key [s3Location] not found")},
		{Body: body(`"text":{"truncationMode":"END","value":"Hi","source":{"s3Location":{"uri":"s3://bucket/k"}}}`),
			Message: malformed("#/singleEmbeddingParams/text: extraneous key [source] is not permitted")},
		{Body: body(`"image":{"format":"png"}`), Message: "This model doesn't support the image field. Remove image and try again."},
		{Body: body(`"audio":{"format":"mp3"}`), Message: "This model doesn't support the audio field. Remove audio and try again."},
		{Body: body(`"video":{"format":"mp4"}`), Message: "This model doesn't support the video field. Remove video and try again."},
	},
}

// holds checks the form of an answer and its dimensions.
func holds(dimensions int) func(*testing.T, []byte) {
	return func(t *testing.T, answer []byte) {
		t.Helper()
		if !strings.HasPrefix(string(answer), `{"embeddings":[{"embeddingType":"TEXT","embedding":[0.70710677,0,-0.70710677,0,`) {
			t.Errorf("%s …", answer[:80])
		}
		var native struct {
			Embeddings []struct {
				Embedding []float64 `json:"embedding"`
			} `json:"embeddings"`
		}
		if err := json.Unmarshal(answer, &native); err != nil || len(native.Embeddings) != 1 || len(native.Embeddings[0].Embedding) != dimensions {
			t.Errorf("%v, not one vector of %d dimensions", err, dimensions)
		}
	}
}

func TestSuite(t *testing.T) { formattest.RunEmbedding(t, suite) }

func TestTruncation(t *testing.T) {
	for mode, want := range map[string]provider.Truncation{
		"NONE": provider.TruncateNone, "START": provider.TruncateStart, "END": provider.TruncateEnd,
	} {
		request, err := suite.Format.ParseRequest(nova, []byte(strings.Replace(body(hi), "NONE", mode, 1)))
		if err != nil || request.Truncate != want {
			t.Errorf("%s: %+v, %v", mode, request, err)
		}
	}
}

func FuzzParseRequest(f *testing.F) { formattest.FuzzEmbedding(f, suite) }
