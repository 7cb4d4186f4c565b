// Package novaembed is the native bodies of Amazon Nova Multimodal Embeddings, as far
// as they speak of text, after the schema in the Nova user guide and the recordings.
package novaembed

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/format/vector"
	"github.com/saprolite/saprolite/internal/provider"
)

// Embedding is the bodies of amazon.nova-2-multimodal-embeddings-v1:0. How many
// characters were left of a truncated text is not told.
type Embedding struct{}

// New gives the format.
func New() Embedding { return Embedding{} }

var _ format.Embedding = Embedding{}

type body struct {
	SchemaVersion *string `json:"schemaVersion,omitzero"`
	TaskType      string  `json:"taskType" schema:"required"`
	Params        *params `json:"singleEmbeddingParams" schema:"required"`
}

type params struct {
	Purpose   string         `json:"embeddingPurpose" schema:"required"`
	Dimension *int32         `json:"embeddingDimension,omitzero"`
	Text      *text          `json:"text,omitzero"`
	Image     jsontext.Value `json:"image,omitzero"`
	Video     jsontext.Value `json:"video,omitzero"`
	Audio     jsontext.Value `json:"audio,omitzero"`
}

type text struct {
	TruncationMode string  `json:"truncationMode" schema:"required"`
	Value          *string `json:"value,omitzero" schema:"minLength=1"`
	Source         *source `json:"source,omitzero"`
}

type source struct {
	S3Location *bedrock.S3Location `json:"s3Location" schema:"required"`
}

var bodies = schema.For[body](schema.Counted)

// tolerance is how far the length of a vector may be from 1.
const tolerance = 1e-4

func purposes() []string {
	return []string{
		"GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL",
		"DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING",
	}
}

func truncations() map[string]provider.Truncation {
	return map[string]provider.Truncation{
		"NONE": provider.TruncateNone, "START": provider.TruncateStart, "END": provider.TruncateEnd,
	}
}

// dimensions are those of the model; the first is what it has unasked.
func dimensions() []int32 { return []int32{3072, 1024, 384, 256} }

// ParseRequest reads a body.
func (Embedding) ParseRequest(_ string, data []byte) (*format.EmbeddingRequest, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	if err := native.check(); err != nil {
		return nil, err
	}
	wanted := int(dimensions()[0])
	if native.Params.Dimension != nil {
		wanted = int(*native.Params.Dimension)
	}
	request := &format.EmbeddingRequest{
		Truncate: truncations()[native.Params.Text.TruncationMode],
		Render: func(whole *provider.Embeddings) ([]byte, error) {
			v := vector.Normalize(vector.Fit(whole.Vectors[0], wanted), tolerance)
			return answer.Marshal(response{[]embedding{{"TEXT", v}}})
		},
	}
	if from := native.Params.Text.Source; from != nil {
		request.Source = from.S3Location
	} else {
		request.Texts = []string{*native.Params.Text.Value}
	}
	return request, nil
}

// check holds a body to the values that its members may have.
func (b *body) check() error {
	enum := func(place, value string) error { return schema.Violation(place, value+" is not a valid enum value") }
	p := b.Params
	switch {
	case b.SchemaVersion != nil && *b.SchemaVersion != "nova-multimodal-embed-v1":
		return enum("#/schemaVersion", *b.SchemaVersion)
	case b.TaskType != "SINGLE_EMBEDDING":
		return enum("#/taskType", b.TaskType)
	case !slices.Contains(purposes(), p.Purpose):
		return enum("#/singleEmbeddingParams/embeddingPurpose", p.Purpose)
	case p.Dimension != nil && !slices.Contains(dimensions(), *p.Dimension):
		return enum("#/singleEmbeddingParams/embeddingDimension", strconv.Itoa(int(*p.Dimension)))
	case p.Image != nil:
		return schema.Unsupported("image")
	case p.Video != nil:
		return schema.Unsupported("video")
	case p.Audio != nil:
		return schema.Unsupported("audio")
	case p.Text == nil:
		return schema.Violation("#/singleEmbeddingParams", "required key [text] not found")
	case p.Text.Source != nil && p.Text.Value != nil:
		return schema.Violation("#/singleEmbeddingParams/text", "extraneous key [source] is not permitted")
	case p.Text.Source == nil && p.Text.Value == nil:
		return schema.Violation("#/singleEmbeddingParams/text", "required key [value] not found")
	}
	if _, ok := truncations()[p.Text.TruncationMode]; !ok {
		return enum("#/singleEmbeddingParams/text/truncationMode", p.Text.TruncationMode)
	}
	if p.Text.Source != nil {
		if text, within := schema.Location(p.Text.Source.S3Location); text != "" {
			return schema.Violation("#/singleEmbeddingParams/text/source/s3Location"+within, text)
		}
	}
	return nil
}

type response struct {
	Embeddings []embedding `json:"embeddings"`
}

type embedding struct {
	Type      string    `json:"embeddingType"`
	Embedding []float32 `json:"embedding"`
}

// ParseResponse reads an answer.
func (Embedding) ParseResponse(data []byte) (*provider.Embeddings, error) {
	var native response
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	whole := new(provider.Embeddings)
	for _, one := range native.Embeddings {
		whole.Vectors = append(whole.Vectors, one.Embedding)
	}
	return whole, nil
}
