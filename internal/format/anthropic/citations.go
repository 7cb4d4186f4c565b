package anthropic

import (
	"cmp"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// citation says which part of what was given a text rests on. The members beside
// the first are those of its type, with the ends exclusive.
type citation struct {
	Type              string  `json:"type"`
	CitedText         *string `json:"cited_text,omitzero"`
	DocumentIndex     *int32  `json:"document_index,omitzero"`
	DocumentTitle     *string `json:"document_title,omitzero"`
	SearchResultIndex *int32  `json:"search_result_index,omitzero"`
	Source            *string `json:"source,omitzero"`
	Title             *string `json:"title,omitzero"`
	StartChar         *int32  `json:"start_char_index,omitzero"`
	EndChar           *int32  `json:"end_char_index,omitzero"`
	StartPage         *int32  `json:"start_page_number,omitzero"`
	EndPage           *int32  `json:"end_page_number,omitzero"`
	StartBlock        *int32  `json:"start_block_index,omitzero"`
	EndBlock          *int32  `json:"end_block_index,omitzero"`
}

// hasCitations says whether the member citations of a text block is there.
func hasCitations(raw jsontext.Value) bool {
	return raw.Kind() != jsontext.KindInvalid && raw.Kind() != 'n'
}

// parseCited reads a text with citations.
func parseCited(text string, raw jsontext.Value) (*bedrock.CitationsContentBlock, error) {
	var natives []citation
	if err := json.Unmarshal(raw, &natives); err != nil {
		return nil, err
	}
	block := &bedrock.CitationsContentBlock{Content: []bedrock.CitationGeneratedContent{{Text: &text}}}
	for _, native := range natives {
		cited, err := native.cited()
		if err != nil {
			return nil, err
		}
		block.Citations = append(block.Citations, cited)
	}
	return block, nil
}

// cited is the citation as the conversation has it.
func (c citation) cited() (bedrock.Citation, error) {
	cited := bedrock.Citation{Title: c.DocumentTitle, Source: c.Source, Location: new(bedrock.CitationLocation)}
	if c.CitedText != nil {
		cited.SourceContent = []bedrock.CitationSourceContent{{Text: c.CitedText}}
	}
	switch to := cited.Location; c.Type {
	case "char_location":
		to.DocumentChar = &bedrock.DocumentCharLocation{DocumentIndex: c.DocumentIndex, Start: c.StartChar, End: c.EndChar}
	case "page_location":
		to.DocumentPage = &bedrock.DocumentPageLocation{DocumentIndex: c.DocumentIndex, Start: c.StartPage, End: c.EndPage}
	case "content_block_location":
		to.DocumentChunk = &bedrock.DocumentChunkLocation{DocumentIndex: c.DocumentIndex, Start: c.StartBlock, End: c.EndBlock}
	case "search_result_location":
		cited.Title = c.Title
		to.SearchResultLocation = &bedrock.SearchResultLocation{
			SearchResultIndex: c.SearchResultIndex, Start: c.StartBlock, End: c.EndBlock,
		}
	default:
		return cited, fmt.Errorf("the conversation has no word for a %q", c.Type)
	}
	return cited, nil
}

// citationOf is the way back.
func citationOf(cited bedrock.Citation) (c citation, err error) {
	if len(cited.SourceContent) > 0 {
		c.CitedText = cited.SourceContent[0].Text
	}
	at := cmp.Or(cited.Location, new(bedrock.CitationLocation))
	switch {
	case at.DocumentChar != nil:
		c.Type, c.DocumentTitle = "char_location", cited.Title
		c.DocumentIndex, c.StartChar, c.EndChar = at.DocumentChar.DocumentIndex, at.DocumentChar.Start, at.DocumentChar.End
	case at.DocumentPage != nil:
		c.Type, c.DocumentTitle = "page_location", cited.Title
		c.DocumentIndex, c.StartPage, c.EndPage = at.DocumentPage.DocumentIndex, at.DocumentPage.Start, at.DocumentPage.End
	case at.DocumentChunk != nil:
		c.Type, c.DocumentTitle = "content_block_location", cited.Title
		c.DocumentIndex, c.StartBlock, c.EndBlock = at.DocumentChunk.DocumentIndex, at.DocumentChunk.Start, at.DocumentChunk.End
	case at.SearchResultLocation != nil:
		c.Type, c.Title, c.Source = "search_result_location", cited.Title, cited.Source
		result := at.SearchResultLocation
		c.SearchResultIndex, c.StartBlock, c.EndBlock = result.SearchResultIndex, result.Start, result.End
	default:
		err = schema.Unsupported("citation")
	}
	return c, err
}

// renderCited writes a text with citations.
func renderCited(block *bedrock.CitationsContentBlock) (text string, citations jsontext.Value, err error) {
	for _, content := range block.Content {
		if content.Text != nil {
			text += *content.Text
		}
	}
	natives := make([]citation, len(block.Citations))
	for i, cited := range block.Citations {
		if natives[i], err = citationOf(cited); err != nil {
			return "", nil, err
		}
	}
	citations, err = json.Marshal(natives)
	return text, citations, err
}

// citationDelta is the citation of a citations_delta, as the conversation has it.
func citationDelta(raw jsontext.Value) (*bedrock.CitationsDelta, error) {
	var native citation
	if err := json.Unmarshal(raw, &native); err != nil {
		return nil, err
	}
	cited, err := native.cited()
	delta := &bedrock.CitationsDelta{Location: cited.Location, Source: cited.Source, Title: cited.Title}
	for _, content := range cited.SourceContent {
		delta.SourceContent = append(delta.SourceContent, bedrock.CitationSourceContentDelta(content))
	}
	return delta, err
}

// citation writes a citations_delta, and before it the start of its block if that
// is not open.
func (w *messageWriter) citation(index int32, delta *bedrock.CitationsDelta) (bool, error) {
	cited := bedrock.Citation{Location: delta.Location, Source: delta.Source, Title: delta.Title}
	for _, content := range delta.SourceContent {
		cited.SourceContent = append(cited.SourceContent, bedrock.CitationSourceContent(content))
	}
	native, err := citationOf(cited)
	if err != nil {
		return false, err
	}
	text, err := json.Marshal(native)
	if err != nil || w.open != index && !w.startBlock(index, []byte(emptyCited)) {
		return false, err
	}
	body := append(at("content_block_delta", index), `,"delta":{"type":"citations_delta","citation":`...)
	return w.emit(append(append(body, text...), `}}`...)), nil
}

// emptyCited is a text block that will have citations.
const emptyCited = `{"type":"text","text":"","citations":[]}`
