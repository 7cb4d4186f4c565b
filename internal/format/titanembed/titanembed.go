// Package titanembed is the native bodies of Amazon Titan's embedding models, after
// their pages in the Bedrock user guide and the recordings.
package titanembed

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/format/vector"
	"github.com/saprolite/saprolite/internal/provider"
)

// Embedding is the bodies of amazon.titan-embed-*: of G1 - Text, of Multimodal
// Embeddings G1, and of Text Embeddings V2, which other ids get.
type Embedding struct{}

// New gives the format.
func New() Embedding { return Embedding{} }

var _ format.Embedding = Embedding{}

type textBody struct {
	InputText string `json:"inputText" schema:"required,minLength=1,maxLength=50000"`
}

type bodyV2 struct {
	InputText      string   `json:"inputText" schema:"required,minLength=1,maxLength=50000"`
	Dimensions     *int32   `json:"dimensions,omitzero"`
	Normalize      *bool    `json:"normalize,omitzero"`
	EmbeddingTypes []string `json:"embeddingTypes,omitzero"`
}

type imageBody struct {
	InputText  *string `json:"inputText,omitzero" schema:"minLength=1"`
	InputImage *string `json:"inputImage,omitzero"`
	Config     *struct {
		Length *int32 `json:"outputEmbeddingLength,omitzero"`
	} `json:"embeddingConfig,omitzero"`
}

var (
	textBodies  = schema.For[textBody](schema.Counted)
	bodiesV2    = schema.For[bodyV2](schema.Counted)
	imageBodies = schema.For[imageBody](schema.Counted)
)

// ParseRequest reads a body.
func (Embedding) ParseRequest(modelID string, body []byte) (*format.EmbeddingRequest, error) {
	switch {
	case strings.HasPrefix(modelID, "amazon.titan-embed-text-v1"), strings.HasPrefix(modelID, "amazon.titan-embed-g1"):
		return parseText(body)
	case strings.HasPrefix(modelID, "amazon.titan-embed-image"):
		return parseImage(body)
	}
	return parseV2(body)
}

// The dimensions of each model; the first are those that it has unasked.
const textDimensions = 1536

func dimensionsV2() []int32 { return []int32{1024, 512, 256} }

func imageDimensions() []int32 { return []int32{1024, 384, 256} }

// tolerance is how far the length of a normalised vector may be from 1.
const tolerance = 1e-4

// response is what the models for text answer; embeddingsByType has V2 alone.
type response struct {
	Embedding        floats            `json:"embedding"`
	EmbeddingsByType *embeddingsByType `json:"embeddingsByType,omitzero"`
	Tokens           answer.Count      `json:"inputTextTokenCount"`
}

// imageResponse is what the multimodal model answers; the message says what went
// wrong.
type imageResponse struct {
	Embedding floats       `json:"embedding"`
	Tokens    answer.Count `json:"inputTextTokenCount"`
	Message   *string      `json:"message"`
}

type embeddingsByType struct {
	Binary []int8 `json:"binary,omitzero"`
	Float  floats `json:"float,omitzero"`
}

// floats are written as the service does, with the digits of a double.
type floats []float64

func wide(v []float32) floats {
	f := make(floats, len(v))
	for i, x := range v {
		f[i] = float64(x)
	}
	return f
}

func parseText(body []byte) (*format.EmbeddingRequest, error) {
	native, err := textBodies.Decode(body)
	if err != nil {
		return nil, err
	}
	return request(native.InputText, func(v []float32, tokens answer.Count) any {
		return response{Embedding: wide(vector.Fit(v, textDimensions)), Tokens: tokens}
	}), nil
}

func parseV2(body []byte) (*format.EmbeddingRequest, error) {
	native, err := bodiesV2.Decode(body)
	if err != nil {
		return nil, err
	}
	dimensions, err := chosen("#/dimensions", native.Dimensions, dimensionsV2())
	if err != nil {
		return nil, err
	}
	for i, kind := range native.EmbeddingTypes {
		if kind != "float" && kind != "binary" {
			return nil, schema.Violation("#/embeddingTypes/"+strconv.Itoa(i), kind+" is not a valid enum value")
		}
	}
	return request(native.InputText, func(v []float32, tokens answer.Count) any {
		v = vector.Fit(v, dimensions)
		if native.Normalize == nil || *native.Normalize {
			v = vector.Normalize(v, tolerance)
		}
		r := response{wide(v), new(embeddingsByType), tokens}
		if slices.Contains(native.EmbeddingTypes, "binary") {
			for _, sign := range vector.Signs(v) {
				r.EmbeddingsByType.Binary = append(r.EmbeddingsByType.Binary, int8(sign))
			}
		}
		if len(native.EmbeddingTypes) == 0 || slices.Contains(native.EmbeddingTypes, "float") {
			r.EmbeddingsByType.Float = r.Embedding
		}
		return r
	}), nil
}

func parseImage(body []byte) (*format.EmbeddingRequest, error) {
	native, err := imageBodies.Decode(body)
	switch {
	case err != nil:
		return nil, err
	case native.InputImage != nil:
		return nil, schema.Unsupported("inputImage")
	case native.InputText == nil:
		return nil, schema.Violation("#", "required key [inputText] not found")
	}
	var wanted *int32
	if native.Config != nil {
		wanted = native.Config.Length
	}
	dimensions, err := chosen("#/embeddingConfig/outputEmbeddingLength", wanted, imageDimensions())
	if err != nil {
		return nil, err
	}
	return request(*native.InputText, func(v []float32, tokens answer.Count) any {
		return imageResponse{wide(vector.Normalize(vector.Fit(v, dimensions), tolerance)), tokens, nil}
	}), nil
}

// chosen is the number of dimensions that is asked for, or the first that there is.
func chosen(place string, wanted *int32, choices []int32) (int, error) {
	if wanted == nil {
		return int(choices[0]), nil
	}
	if !slices.Contains(choices, *wanted) {
		return 0, schema.Violation(place, strconv.Itoa(int(*wanted))+" is not a valid enum value")
	}
	return int(*wanted), nil
}

func request(text string, render func(v []float32, tokens answer.Count) any) *format.EmbeddingRequest {
	return &format.EmbeddingRequest{
		Texts: []string{text},
		Render: func(whole *provider.Embeddings) ([]byte, error) {
			return answer.Marshal(render(whole.Vectors[0], answer.Count(whole.InputTokens)))
		},
	}
}

// ParseResponse reads an answer.
func (Embedding) ParseResponse(body []byte) (*provider.Embeddings, error) {
	var native response
	if err := json.Unmarshal(body, &native); err != nil {
		return nil, err
	}
	v := make([]float32, len(native.Embedding))
	for i, x := range native.Embedding {
		v[i] = float32(x)
	}
	return &provider.Embeddings{Vectors: [][]float32{v}, InputTokens: int32(native.Tokens)}, nil
}
