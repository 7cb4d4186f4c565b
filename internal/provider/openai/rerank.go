package openai

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/saprolite/saprolite/internal/provider"
)

// Rerank asks at /rerank, as Jina, Cohere, vLLM and llama.cpp have it, below /v1 or
// beside it. Some servers give what the model said, which may be any number: then
// all become probabilities, in the same order.
func (c *Client) Rerank(ctx context.Context, call provider.RerankCall) ([]float64, error) {
	body := map[string]any{
		"model": call.Model, "query": call.Query, "documents": call.Documents, "top_n": len(call.Documents),
	}
	var answer ranking
	err := c.exchange(ctx, c.BaseURL+"/rerank", body, &answer)
	if beside, ok := strings.CutSuffix(c.BaseURL, "/v1"); ok && isMissing(err) {
		err = c.exchange(ctx, beside+"/rerank", body, &answer)
	}
	switch {
	case isMissing(err):
		return nil, provider.Unsupported("rank documents: its server has no /rerank")
	case err != nil:
		return nil, err
	}
	relevance, err := answer.relevance(len(call.Documents))
	if err != nil {
		return nil, c.invalid(err)
	}
	return relevance, nil
}

// isMissing says whether a server has nothing at an address, or says that it was
// not started for it.
func isMissing(err error) bool {
	upstream, ok := errors.AsType[*provider.UpstreamError](err)
	return ok && (upstream.Status == http.StatusNotFound || upstream.Status == http.StatusMethodNotAllowed || upstream.Status == http.StatusNotImplemented)
}

// ranking is the answer of a server.
type ranking struct {
	Results []struct {
		Index     int     `json:"index"`
		Relevance float64 `json:"relevance_score"`
	} `json:"results"`
}

// relevance gives that of each document, from 0 to 1.
func (r ranking) relevance(documents int) ([]float64, error) {
	if len(r.Results) != documents {
		return nil, fmt.Errorf("%d results for %d documents", len(r.Results), documents)
	}
	relevance, given := make([]float64, documents), make([]bool, documents)
	probable := true
	for _, one := range r.Results {
		if one.Index < 0 || one.Index >= documents || given[one.Index] || math.IsNaN(one.Relevance) {
			return nil, fmt.Errorf("relevance %v of document %d among %d", one.Relevance, one.Index, documents)
		}
		relevance[one.Index], given[one.Index] = one.Relevance, true
		probable = probable && one.Relevance >= 0 && one.Relevance <= 1
	}
	if !probable {
		for i, said := range relevance {
			relevance[i] = 1 / (1 + math.Exp(-said))
		}
	}
	return relevance, nil
}
