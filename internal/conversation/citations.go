package conversation

import (
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// WithoutCitations gives the request without asking for citations, for those
// whose answers cannot hold any.
func WithoutCitations(req *bedrock.ConverseRequest) *bedrock.ConverseRequest {
	asks := func(block bedrock.ContentBlock) bool {
		return block.Document != nil && cites(block.Document.Citations) || block.SearchResult != nil && cites(block.SearchResult.Citations)
	}
	if !slices.ContainsFunc(req.Messages, func(m bedrock.Message) bool { return slices.ContainsFunc(m.Content, asks) }) {
		return req
	}
	plain := *req
	plain.Messages = slices.Clone(req.Messages)
	for i := range plain.Messages {
		content := slices.Clone(plain.Messages[i].Content)
		for j, block := range content {
			switch {
			case !asks(block):
			case block.Document != nil:
				document := *block.Document
				document.Citations = nil
				content[j].Document = &document
			default:
				result := *block.SearchResult
				result.Citations = nil
				content[j].SearchResult = &result
			}
		}
		plain.Messages[i].Content = content
	}
	return &plain
}

// Uncited gives the answer with the text of blocks that cite as plain text.
func Uncited(answer *bedrock.ConverseResponse) *bedrock.ConverseResponse {
	message := answer.Output.Message
	if message == nil || !slices.ContainsFunc(message.Content, func(block bedrock.ContentBlock) bool { return block.CitationsContent != nil }) {
		return answer
	}
	plain, said := *answer, *message
	said.Content = slices.Clone(message.Content)
	for i, block := range said.Content {
		if block.CitationsContent != nil {
			said.Content[i] = bedrock.ContentBlock{Text: new(CitedText(block.CitationsContent))}
		}
	}
	plain.Output.Message = &said
	return &plain
}

// CitedText is what a block says that cites.
func CitedText(block *bedrock.CitationsContentBlock) string {
	var all strings.Builder
	for _, content := range block.Content {
		if content.Text != nil {
			all.WriteString(*content.Text)
		}
	}
	return all.String()
}
