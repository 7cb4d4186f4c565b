package pipeline

import (
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/document/quote"
)

// source is a passage that an answer may cite: the text of a document or of one
// of its pages or chunks, or a block of a search result.
type source struct {
	text string
	// cite makes the citation of a part of the text, in bytes.
	cite func(start, end int) *bedrock.CitationsDelta
}

// documentSource is a part of a document. Places are as the service gives them
// (recorded): characters from 0, pages from 1, chunks from 0, ends exclusive;
// of a chunk the whole text is told.
func documentSource(name string, index int32, unit document.Unit, part int, text string) source {
	title := optional(name)
	return source{text, func(start, end int) *bedrock.CitationsDelta {
		told := text[start:end]
		var at bedrock.CitationLocation
		switch unit {
		case document.Pages:
			at.DocumentPage = &bedrock.DocumentPageLocation{
				DocumentIndex: &index, Start: new(int32(part + 1)), End: new(int32(part + 2)),
			}
		case document.Chunks:
			told = text
			at.DocumentChunk = &bedrock.DocumentChunkLocation{
				DocumentIndex: &index, Start: new(int32(part)), End: new(int32(part + 1)),
			}
		default:
			first := utf8.RuneCountInString(text[:start])
			at.DocumentChar = &bedrock.DocumentCharLocation{
				DocumentIndex: &index, Start: new(int32(first)), End: new(int32(first + utf8.RuneCountInString(told))),
			}
		}
		return &bedrock.CitationsDelta{Title: title, Location: &at, SourceContent: []bedrock.CitationSourceContentDelta{{Text: &told}}}
	}}
}

// searchSource is a block of a search result; its place is that of the block.
func searchSource(result *bedrock.SearchResultBlock, index int32, block int, text string) source {
	return source{text, func(int, int) *bedrock.CitationsDelta {
		return &bedrock.CitationsDelta{
			Title: result.Title, Source: result.Source,
			SourceContent: []bedrock.CitationSourceContentDelta{{Text: &text}},
			Location: &bedrock.CitationLocation{SearchResultLocation: &bedrock.SearchResultLocation{
				SearchResultIndex: &index, Start: new(int32(block)), End: new(int32(block + 1)),
			}},
		}
	}}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// newFinder finds the quotations of sources.
func newFinder(sources []source) *quote.Finder {
	passages := make([]string, len(sources))
	for i, one := range sources {
		passages[i] = one.text
	}
	return quote.NewFinder(passages)
}
