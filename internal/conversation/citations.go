package conversation

import (
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

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
