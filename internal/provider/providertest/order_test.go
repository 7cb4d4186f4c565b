package providertest_test

import (
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// events reads a short hand: > messageStart, T text, R reasoning, S start and I
// input of a toolUse, . contentBlockStop, # messageStop, $ metadata. Digits are
// the index of the block from there on.
func events(short string) []bedrock.ConverseStreamOutput {
	var index int32
	var list []bedrock.ConverseStreamOutput
	delta := func(d bedrock.ContentBlockDelta) bedrock.ConverseStreamOutput {
		return bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{ContentBlockIndex: index, Delta: d}}
	}
	for _, c := range short {
		var e bedrock.ConverseStreamOutput
		switch c {
		case '>':
			e.MessageStart = &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant}
		case 'T':
			e = delta(bedrock.ContentBlockDelta{Text: new("a")})
		case 'R':
			e = delta(bedrock.ContentBlockDelta{ReasoningContent: &bedrock.ReasoningContentBlockDelta{Text: new("a")}})
		case 'I':
			e = delta(bedrock.ContentBlockDelta{ToolUse: &bedrock.ToolUseBlockDelta{Input: "{}"}})
		case 'S':
			e.ContentBlockStart = &bedrock.ContentBlockStartEvent{ContentBlockIndex: index,
				Start: bedrock.ContentBlockStart{ToolUse: &bedrock.ToolUseBlockStart{}}}
		case '.':
			e.ContentBlockStop = &bedrock.ContentBlockStopEvent{ContentBlockIndex: index}
		case '#':
			e.MessageStop = &bedrock.MessageStopEvent{StopReason: bedrock.StopReasonEndTurn}
		case '$':
			e.Metadata = &bedrock.ConverseStreamMetadataEvent{}
		case '?':
		default:
			index = c - '0'
			continue
		}
		list = append(list, e)
	}
	return list
}

func TestOrder(t *testing.T) {
	for _, short := range []string{">#$", ">T.#$", ">TT.1R.2SI.3S.#$", ">RR.1TT.#$"} {
		if err := providertest.Complete(events(short)); err != nil {
			t.Errorf("%s: %v", short, err)
		}
	}
	for _, short := range []string{"", ">", ">TT", ">T.1SI"} {
		if err := providertest.Order(events(short)); err != nil {
			t.Errorf("%s before an error: %v", short, err)
		}
		if err := providertest.Complete(events(short)); err == nil || !strings.Contains(err.Error(), "no end") {
			t.Errorf("%s: %v, want no end", short, err)
		}
	}
	for _, short := range []string{
		"T", ">>", "#", "$", ">$", ">T#", ">TR.", ">RT.", ">I", ">.", ">TS", ">ST", ">1T", ">T.T", ">T.2T", ">T1.", ">T.1S2I", ">#T", ">##", ">#$$", ">?",
	} {
		if err := providertest.Order(events(short)); err == nil {
			t.Errorf("%s is in order", short)
		}
	}
}
