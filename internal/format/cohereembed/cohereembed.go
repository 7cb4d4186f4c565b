// Package cohereembed is the native bodies of Cohere Embed v3 and v4, as far as they
// speak of text, after their pages in the Bedrock user guide and the recordings.
package cohereembed

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

// Embedding is the bodies of cohere.embed-*: of v3, and of v4, which other ids get.
type Embedding struct{}

// New gives the format.
func New() Embedding { return Embedding{} }

var _ format.Embedding = Embedding{}

// bodyV3 has what both generations have.
type bodyV3 struct {
	Texts          []string `json:"texts,omitzero" schema:"minItems=1,maxItems=96"`
	Images         []string `json:"images,omitzero"`
	InputType      string   `json:"input_type" schema:"required"`
	Truncate       *string  `json:"truncate,omitzero"`
	EmbeddingTypes []string `json:"embedding_types,omitzero"`
}

type bodyV4 struct {
	Texts          []string `json:"texts,omitzero" schema:"minItems=1,maxItems=96"`
	Images         []string `json:"images,omitzero"`
	InputType      string   `json:"input_type" schema:"required"`
	Truncate       *string  `json:"truncate,omitzero"`
	EmbeddingTypes []string `json:"embedding_types,omitzero"`

	Inputs          []input `json:"inputs,omitzero" schema:"minItems=1,maxItems=96"`
	OutputDimension *int32  `json:"output_dimension,omitzero"`
	MaxTokens       *int32  `json:"max_tokens,omitzero" schema:"min=1,max=128000"`
}

type input struct {
	Content []part `json:"content" schema:"required,minItems=1"`
}

type part struct {
	Type  string         `json:"type" schema:"required"`
	Text  *string        `json:"text,omitzero"`
	Image jsontext.Value `json:"image_url,omitzero"`
}

var (
	bodiesV3 = schema.For[bodyV3](schema.Counted)
	bodiesV4 = schema.For[bodyV4](schema.Counted)
)

const (
	dimensionsV3 = 1024
	// maxCharacters bounds a text of v3.
	maxCharacters = 2048
)

// dimensionsV4 are those of v4; the first is what it has unasked.
func dimensionsV4() []int32 { return []int32{1536, 1024, 512, 256} }

func inputTypes() []string {
	return []string{"search_document", "search_query", "classification", "clustering", "image"}
}

func truncations() map[string]provider.Truncation {
	return map[string]provider.Truncation{
		"NONE": provider.TruncateNone, "START": provider.TruncateStart,
		"END": provider.TruncateEnd, "LEFT": provider.TruncateStart, "RIGHT": provider.TruncateEnd,
	}
}

// ParseRequest reads a body.
func (Embedding) ParseRequest(modelID string, data []byte) (*format.EmbeddingRequest, error) {
	if strings.HasSuffix(modelID, "-v3") {
		return parseV3(modelID, data)
	}
	native, err := bodiesV4.Decode(data)
	if err != nil {
		return nil, err
	}
	r := reply{dimensions: int(dimensionsV4()[0]), texts: native.Texts, types: native.EmbeddingTypes, always: true}
	if wanted := native.OutputDimension; wanted != nil {
		if !slices.Contains(dimensionsV4(), *wanted) {
			return nil, notOneOf("#/output_dimension", strconv.Itoa(int(*wanted)))
		}
		r.dimensions = int(*wanted)
	}
	common := bodyV3{native.Texts, native.Images, native.InputType, native.Truncate, native.EmbeddingTypes}
	if len(native.Inputs) > 0 && len(native.Texts) == 0 {
		if common.Texts, err = textsOf(native.Inputs); err != nil {
			return nil, err
		}
	}
	request, err := common.request(&r)
	if err == nil && native.MaxTokens != nil {
		request.MaxTokens = int(*native.MaxTokens)
	}
	return request, err
}

func parseV3(modelID string, data []byte) (*format.EmbeddingRequest, error) {
	native, err := bodiesV3.Decode(data)
	if err != nil {
		return nil, err
	}
	for i, text := range native.Texts {
		if n := characters(text); n > maxCharacters {
			return nil, schema.Violation("#/texts/"+strconv.Itoa(i),
				"expected maxLength: "+strconv.Itoa(maxCharacters)+", actual: "+strconv.Itoa(n))
		}
	}
	r := reply{dimensions: dimensionsV3, texts: native.Texts, types: native.EmbeddingTypes}
	if strings.Contains(modelID, "embed-english") {
		// It knows no upper case, and says so.
		r.texts = make([]string, len(native.Texts))
		for i, text := range native.Texts {
			r.texts[i] = strings.ToLower(text)
		}
	}
	return native.request(&r)
}

// characters counts as Java does.
func characters(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// textsOf gives the text of each input, its parts on lines of their own.
func textsOf(inputs []input) ([]string, error) {
	texts := make([]string, len(inputs))
	for i, one := range inputs {
		var lines []string
		for j, p := range one.Content {
			at := "#/inputs/" + strconv.Itoa(i) + "/content/" + strconv.Itoa(j)
			switch {
			case p.Type == "image_url":
				return nil, schema.Unsupported("image_url")
			case p.Type != "text":
				return nil, notOneOf(at+"/type", p.Type)
			case p.Text == nil:
				return nil, schema.Violation(at, "required key [text] not found")
			}
			lines = append(lines, *p.Text)
		}
		texts[i] = strings.Join(lines, "\n")
	}
	return texts, nil
}

// request holds a body to the values that its members may have.
func (b *bodyV3) request(r *reply) (*format.EmbeddingRequest, error) {
	mode := "NONE"
	if b.Truncate != nil {
		mode = *b.Truncate
	}
	truncate, ok := truncations()[mode]
	switch {
	case !slices.Contains(inputTypes(), b.InputType):
		return nil, notOneOf("#/input_type", b.InputType)
	case !ok:
		return nil, notOneOf("#/truncate", mode)
	case b.InputType == "image" || len(b.Images) > 0:
		return nil, schema.Unsupported("images")
	case len(b.Texts) == 0:
		return nil, schema.Violation("#", "required key [texts] not found")
	}
	for i, kind := range b.EmbeddingTypes {
		if !slices.Contains(kinds(), kind) {
			return nil, notOneOf("#/embedding_types/"+strconv.Itoa(i), kind)
		}
	}
	for i, text := range b.Texts {
		if text == "" {
			return nil, schema.Violation("#/texts/"+strconv.Itoa(i), "expected minLength: 1, actual: 0")
		}
	}
	return &format.EmbeddingRequest{Texts: b.Texts, Truncate: truncate, Render: r.render}, nil
}

func notOneOf(place, value string) error {
	return schema.Violation(place, value+" is not a valid enum value")
}
