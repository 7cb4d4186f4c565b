package formattest

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// answer is an answer in pieces and as a whole.
type answer struct {
	pieces []string
	stop   bedrock.StopReason
	usage  bedrock.TokenUsage
}

func (a answer) events() []bedrock.ConverseStreamOutput {
	events := []bedrock.ConverseStreamOutput{{MessageStart: &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant}}}
	for _, piece := range a.pieces {
		events = append(events, bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{
			Delta: bedrock.ContentBlockDelta{Text: &piece},
		}})
	}
	return append(events,
		bedrock.ConverseStreamOutput{ContentBlockStop: &bedrock.ContentBlockStopEvent{}},
		bedrock.ConverseStreamOutput{MessageStop: &bedrock.MessageStopEvent{StopReason: a.stop}},
		bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{Usage: a.usage}},
	)
}

func (a answer) whole() *bedrock.ConverseResponse {
	return &bedrock.ConverseResponse{
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Role:    bedrock.ConversationRoleAssistant,
			Content: []bedrock.ContentBlock{{Text: new(strings.Join(a.pieces, ""))}},
		}},
		StopReason: a.stop,
		Usage:      a.usage,
	}
}

var sentence = answer{
	pieces: []string{"Sap", "ro", "lite is ", "\"rotten\" rock", " 🪨", ".\n"},
	stop:   bedrock.StopReasonEndTurn,
	usage:  bedrock.TokenUsage{InputTokens: 12, OutputTokens: 7, TotalTokens: 19},
}

// stream gives events as a provider does.
func stream(events []bedrock.ConverseStreamOutput) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for _, event := range events {
			if !yield(event, nil) {
				return
			}
		}
	}
}
