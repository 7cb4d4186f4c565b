package anthropic

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// searchResultBlock is what was found somewhere, and may be cited.
type searchResultBlock struct {
	Type      string           `json:"type"`
	Source    *string          `json:"source"`
	Title     *string          `json:"title"`
	Content   []textBlock      `json:"content"`
	Citations *citationsConfig `json:"citations,omitzero"`
	cached
}

func parseSearchResult(place string, raw jsontext.Value) (block bedrock.ContentBlock, cache *cacheControl, err error) {
	native, err := decode[searchResultBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.Source == nil:
		return block, nil, invalid(place+".source", required)
	case native.Title == nil:
		return block, nil, invalid(place+".title", required)
	case native.Content == nil:
		return block, nil, invalid(place+".content", required)
	}
	result := &bedrock.SearchResultBlock{Source: native.Source, Title: native.Title, Content: []bedrock.SearchResultContentBlock{}}
	for i, part := range native.Content {
		at := place + ".content." + strconv.Itoa(i)
		switch {
		case part.Type != "text":
			return block, nil, invalid(at+".type", "Input should be 'text'")
		case part.Text == nil:
			return block, nil, invalid(at+".text", required)
		}
		result.Content = append(result.Content, bedrock.SearchResultContentBlock{Text: part.Text})
	}
	if native.Citations != nil {
		result.Citations = &bedrock.CitationsConfig{Enabled: native.Citations.Enabled}
	}
	block.SearchResult = result
	return block, native.CacheControl, nil
}

func renderSearchResult(result *bedrock.SearchResultBlock) *searchResultBlock {
	native := &searchResultBlock{
		Type: "search_result", Source: orEmpty(result.Source), Title: orEmpty(result.Title), Content: make([]textBlock, len(result.Content)),
	}
	for i, part := range result.Content {
		native.Content[i] = textBlock{Type: "text", Text: orEmpty(part.Text)}
	}
	if result.Citations != nil {
		native.Citations = &citationsConfig{result.Citations.Enabled}
	}
	return native
}
