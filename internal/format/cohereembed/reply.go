package cohereembed

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/vector"
	"github.com/saprolite/saprolite/internal/provider"
)

// tolerance is how far the length of a vector may be from 1: the service's own are
// less exact than others'.
const tolerance = 1e-2

// The values of response_type.
const (
	typeFloats = "embeddings_floats"
	typeByType = "embeddings_by_type"
)

// kinds are the types of numbers, in the order of an answer.
func kinds() []string { return []string{"binary", "float", "int8", "ubinary", "uint8"} }

// reply is what an answer to a request looks like.
type reply struct {
	dimensions int
	// texts are those to repeat.
	texts []string
	// types are those that the request names; without one the answer holds
	// floats, sorted by type always or only when types are named.
	types  []string
	always bool
}

type response struct {
	Embeddings   any      `json:"embeddings"`
	ID           string   `json:"id"`
	ResponseType string   `json:"response_type"`
	Texts        []string `json:"texts,omitzero"`
}

// byType are the vectors in each type that was asked for.
type byType struct {
	Binary  [][]int8    `json:"binary,omitzero"`
	Float   [][]float32 `json:"float,omitzero"`
	Int8    [][]int8    `json:"int8,omitzero"`
	Ubinary [][]number  `json:"ubinary,omitzero"`
	Uint8   [][]number  `json:"uint8,omitzero"`
}

// number is a uint8 that is no byte of a text.
type number uint16

func (r *reply) render(whole *provider.Embeddings) ([]byte, error) {
	native := response{ID: answer.NewID(), ResponseType: typeFloats, Texts: r.texts}
	fitted := make([][]float32, len(whole.Vectors))
	for i, v := range whole.Vectors {
		fitted[i] = vector.Normalize(vector.Fit(v, r.dimensions), tolerance)
	}
	native.Embeddings = fitted
	if len(r.types) > 0 || r.always {
		native.ResponseType = typeByType
		native.Embeddings = r.sort(fitted, min(r.dimensions, len(whole.Vectors[0])))
	}
	return answer.Marshal(native)
}

// sort gives the vectors by type; see vector.Int8 for meaningful.
func (r *reply) sort(vectors [][]float32, meaningful int) byType {
	var sorted byType
	wants := func(kind string) bool { return slices.Contains(r.types, kind) }
	if len(r.types) == 0 || wants("float") {
		sorted.Float = vectors
	}
	for _, v := range vectors {
		if wants("int8") {
			sorted.Int8 = append(sorted.Int8, vector.Int8(v, meaningful))
		}
		if wants("uint8") {
			sorted.Uint8 = append(sorted.Uint8, numbers(vector.Uint8(v, meaningful)))
		}
		if wants("binary") {
			sorted.Binary = append(sorted.Binary, vector.Binary(v))
		}
		if wants("ubinary") {
			sorted.Ubinary = append(sorted.Ubinary, numbers(vector.Ubinary(v)))
		}
	}
	return sorted
}

func numbers(bytes []uint8) []number {
	n := make([]number, len(bytes))
	for i, b := range bytes {
		n[i] = number(b)
	}
	return n
}

// ParseResponse reads the floats of an answer.
func (Embedding) ParseResponse(data []byte) (*provider.Embeddings, error) {
	var native struct {
		Embeddings   jsontext.Value `json:"embeddings"`
		ResponseType string         `json:"response_type"`
	}
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	whole := new(provider.Embeddings)
	if native.ResponseType == typeFloats {
		return whole, json.Unmarshal(native.Embeddings, &whole.Vectors)
	}
	var sorted byType
	if err := json.Unmarshal(native.Embeddings, &sorted); err != nil {
		return nil, err
	}
	whole.Vectors = sorted.Float
	return whole, nil
}
