// Package answer is what the native answers of several families have in common:
// one text, a reason to stop, two counts. It takes them from the conversation's
// own answer and back, whole and streamed.
package answer

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// Text is an answer that is one text.
type Text struct {
	// Text is all text of the answer, Reasoning what the model thought before.
	Text, Reasoning string
	// StopReason is why it ended.
	StopReason bedrock.StopReason
	// Fields is the object additionalModelResponseFields, or nil.
	Fields []byte
	// InputTokens and OutputTokens are its usage.
	InputTokens, OutputTokens int32
}

// Of takes the text out of an answer. Blocks that are neither text nor
// reasoning are an error: no request that these families have asks for them.
func Of(response *bedrock.ConverseResponse) (Text, error) {
	text := Text{
		StopReason:   response.StopReason,
		Fields:       response.AdditionalModelResponseFields,
		InputTokens:  response.Usage.InputTokens,
		OutputTokens: response.Usage.OutputTokens,
	}
	if response.Output.Message == nil {
		return text, nil
	}
	for i, block := range response.Output.Message.Content {
		switch {
		case block.Text != nil:
			text.Text += *block.Text
		case block.ReasoningContent != nil:
			if r := block.ReasoningContent.ReasoningText; r != nil && r.Text != nil {
				text.Reasoning += *r.Text
			}
		default:
			return Text{}, fmt.Errorf("block %d of the answer is no text", i)
		}
	}
	return text, nil
}

// Response is the answer as the conversation has it. A text that is empty is no
// block.
func (t Text) Response() *bedrock.ConverseResponse {
	content := []bedrock.ContentBlock{}
	if t.Reasoning != "" {
		content = append(content, bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
			ReasoningText: &bedrock.ReasoningTextBlock{Text: &t.Reasoning},
		}})
	}
	if t.Text != "" {
		content = append(content, bedrock.ContentBlock{Text: &t.Text})
	}
	return &bedrock.ConverseResponse{
		AdditionalModelResponseFields: t.Fields,
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Role: bedrock.ConversationRoleAssistant, Content: content,
		}},
		StopReason: t.StopReason,
		Usage:      Usage(t.InputTokens, t.OutputTokens),
	}
}

// ErrEmpty is the error of a native answer that holds no answer.
var ErrEmpty = errors.New("the native answer is empty")

// Marshal writes a native answer as compact JSON. Text that is no UTF-8 gets
// U+FFFD in its place.
func Marshal(native any) ([]byte, error) {
	return json.Marshal(native, jsontext.AllowInvalidUTF8(true))
}

// Usage is the three counts of an answer.
func Usage(input, output int32) bedrock.TokenUsage {
	return bedrock.TokenUsage{InputTokens: input, OutputTokens: output, TotalTokens: input + output}
}

// StopReasons is the words that a family has for reasons to stop. Several lines
// may have the same native word or the same reason: the first one counts.
type StopReasons []struct {
	Native string
	Reason bedrock.StopReason
}

// Native is the family's word for a reason, or its first word for one that it
// has no word for.
func (s StopReasons) Native(reason bedrock.StopReason) string {
	for _, line := range s {
		if line.Reason == reason {
			return line.Native
		}
	}
	return s[0].Native
}

// Given is Reason of a word that may be null: then it is no reason yet.
func (s StopReasons) Given(native *string) bedrock.StopReason {
	if native == nil {
		return ""
	}
	return s.Reason(*native)
}

// Reason is what a native word means, or the end of the turn for a word that is
// unknown.
func (s StopReasons) Reason(native string) bedrock.StopReason {
	for _, line := range s {
		if line.Native == native {
			return line.Reason
		}
	}
	return bedrock.StopReasonEndTurn
}
