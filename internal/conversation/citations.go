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

// TextAlone is an answer without the blocks that are neither text nor reasoning.
func TextAlone(answer *bedrock.ConverseResponse) *bedrock.ConverseResponse {
	if answer.Output.Message == nil {
		return answer
	}
	message := bedrock.Message{Role: answer.Output.Message.Role}
	for _, block := range answer.Output.Message.Content {
		if block.Text != nil || block.ReasoningContent != nil {
			message.Content = append(message.Content, block)
		}
	}
	rest := *answer
	rest.Output.Message = &message
	return &rest
}
