// Package rerank is the native bodies of Cohere Rerank 3.5 and Amazon Rerank 1.0, after
// their pages in the Bedrock user guide.
package rerank

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Ranking is the bodies of cohere.rerank-* and of amazon.rerank-*, which other ids get.
type Ranking struct{}

// New gives the format.
func New() Ranking { return Ranking{} }

var _ format.Ranking = Ranking{}

type body struct {
	Query     string   `json:"query" schema:"required,minLength=1"`
	Documents []string `json:"documents" schema:"required,minItems=1,maxItems=1000"`
	TopN      *int32   `json:"top_n,omitzero" schema:"min=1"`
}

type cohereBody struct {
	Query      string   `json:"query" schema:"required,minLength=1"`
	Documents  []string `json:"documents" schema:"required,minItems=1,maxItems=1000"`
	TopN       *int32   `json:"top_n,omitzero" schema:"min=1"`
	APIVersion int32    `json:"api_version" schema:"required,min=2"`
}

var (
	bodies       = schema.For[body](schema.Counted)
	cohereBodies = schema.For[cohereBody](schema.Counted)
)

// ParseRequest reads a body.
func (Ranking) ParseRequest(modelID string, data []byte) (*format.RankingRequest, error) {
	var native *body
	if strings.HasPrefix(modelID, "cohere.") {
		of, err := cohereBodies.Decode(data)
		if err != nil {
			return nil, err
		}
		native = &body{of.Query, of.Documents, of.TopN}
	} else {
		of, err := bodies.Decode(data)
		if err != nil {
			return nil, err
		}
		native = of
	}
	for i, document := range native.Documents {
		if document == "" {
			return nil, schema.Violation("#/documents/"+strconv.Itoa(i), "expected minLength: 1, actual: 0")
		}
	}
	return &format.RankingRequest{Query: native.Query, Documents: native.Documents, Render: native.render}, nil
}

type response struct {
	Results []result `json:"results"`
}

type result struct {
	Index     int     `json:"index"`
	Relevance float64 `json:"relevance_score"`
}

// render writes the documents that were asked for, by relevance; of equals the
// first in the request comes first.
func (b *body) render(relevance []float64) ([]byte, error) {
	results := make([]result, len(relevance))
	for i, r := range relevance {
		results[i] = result{i, r}
	}
	slices.SortStableFunc(results, func(a, b result) int { return cmp.Compare(b.Relevance, a.Relevance) })
	if b.TopN != nil && int(*b.TopN) < len(results) {
		results = results[:*b.TopN]
	}
	return answer.Marshal(response{results})
}
