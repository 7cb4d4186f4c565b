package conversation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

func TestUncited(t *testing.T) {
	of := func(content ...bedrock.ContentBlock) *bedrock.ConverseResponse {
		answer := &bedrock.ConverseResponse{StopReason: bedrock.StopReasonEndTurn}
		message := assistant(content...)
		answer.Output.Message = &message
		return answer
	}
	citing := bedrock.ContentBlock{CitationsContent: &bedrock.CitationsContentBlock{
		Content: []bedrock.CitationGeneratedContent{{Text: new("a ")}, {Text: new("b")}}, Citations: []bedrock.Citation{{}},
	}}
	if d := cmp.Diff(of(hi, words("a b")), conversation.Uncited(of(hi, citing))); d != "" {
		t.Error(d)
	}
	if plain := of(hi); conversation.Uncited(plain) != plain {
		t.Error("an answer that cites nothing was copied")
	}
}
