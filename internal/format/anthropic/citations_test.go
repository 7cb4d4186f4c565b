package anthropic_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/provider"
)

// cited are citations of each kind, and how Anthropic writes them.
var cited = []struct {
	native string
	bedrock.Citation
}{
	{
		`{"type":"char_location","cited_text":"Rock.","document_index":0,"document_title":"Rocks","start_char_index":3,"end_char_index":8}`,
		bedrock.Citation{
			Title: new("Rocks"), SourceContent: []bedrock.CitationSourceContent{{Text: new("Rock.")}},
			Location: &bedrock.CitationLocation{DocumentChar: &bedrock.DocumentCharLocation{
				DocumentIndex: new(int32(0)), Start: new(int32(3)), End: new(int32(8)),
			}},
		},
	},
	{
		`{"type":"page_location","cited_text":"Rock.","document_index":1,"document_title":"Rocks","start_page_number":1,"end_page_number":2}`,
		bedrock.Citation{
			Title: new("Rocks"), SourceContent: []bedrock.CitationSourceContent{{Text: new("Rock.")}},
			Location: &bedrock.CitationLocation{DocumentPage: &bedrock.DocumentPageLocation{
				DocumentIndex: new(int32(1)), Start: new(int32(1)), End: new(int32(2)),
			}},
		},
	},
	{
		`{"type":"content_block_location","cited_text":"Rock.","document_index":0,"start_block_index":0,"end_block_index":1}`,
		bedrock.Citation{
			SourceContent: []bedrock.CitationSourceContent{{Text: new("Rock.")}},
			Location: &bedrock.CitationLocation{DocumentChunk: &bedrock.DocumentChunkLocation{
				DocumentIndex: new(int32(0)), Start: new(int32(0)), End: new(int32(1)),
			}},
		},
	},
	{
		`{"type":"search_result_location","cited_text":"Rock.","search_result_index":0,"source":"https://example.com","title":"Rocks","start_block_index":0,"end_block_index":1}`,
		bedrock.Citation{
			Title: new("Rocks"), Source: new("https://example.com"), SourceContent: []bedrock.CitationSourceContent{{Text: new("Rock.")}},
			Location: &bedrock.CitationLocation{SearchResultLocation: &bedrock.SearchResultLocation{
				SearchResultIndex: new(int32(0)), Start: new(int32(0)), End: new(int32(1)),
			}},
		},
	},
}

// Citations have the same words in requests and in answers, whole and streamed.
func TestCitations(t *testing.T) {
	for _, test := range cited {
		native := `{"type":"text","text":"It is a rock.","citations":[` + test.native + `]}`
		block := bedrock.ContentBlock{CitationsContent: &bedrock.CitationsContentBlock{
			Content: []bedrock.CitationGeneratedContent{{Text: new("It is a rock.")}}, Citations: []bedrock.Citation{test.Citation},
		}}
		format := anthropic.New()

		whole, err := format.ParseResponse([]byte(`{"type":"message","content":[` + native + `],"stop_reason":"end_turn"}`))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]bedrock.ContentBlock{block}, whole.Output.Message.Content); d != "" {
			t.Errorf("ParseResponse: %s", d)
		}
		body, err := format.Renderer("anthropic.claude-3-haiku-20240307-v1:0").Response(whole)
		if err != nil {
			t.Fatal(err)
		}
		var message struct{ Content []json.RawMessage }
		if json.Unmarshal(body, &message) != nil || len(message.Content) != 1 || string(message.Content[0]) != native {
			t.Errorf("Response: %s", body)
		}

		request := &bedrock.ConverseRequest{Messages: []bedrock.Message{say("assistant", block)}}
		if body, err = format.RenderRequest("anthropic.claude-3-haiku-20240307-v1:0", request); err != nil {
			t.Fatal(err)
		}
		parsed, err := format.ParseRequest("anthropic.claude-3-haiku-20240307-v1:0", body)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(request.Messages, parsed.Conversation.Messages); d != "" {
			t.Errorf("request: %s", d)
		}

		chunks := write(t, "anthropic.claude-3-haiku-20240307-v1:0", provider.Whole(whole))
		read, err := conversation.Collect(format.ParseStream(func(yield func([]byte, error) bool) {
			for _, chunk := range chunks {
				if !yield([]byte(chunk), nil) {
					return
				}
			}
		}))
		if err != nil {
			t.Fatalf("%v in %q", err, chunks)
		}
		if d := cmp.Diff(whole.Output, read.Output); d != "" {
			t.Errorf("stream: %s", d)
		}
	}
}

func TestUnknownCitation(t *testing.T) {
	body := `{"type":"message","content":[{"type":"text","text":"a","citations":[{"type":"web_search_result_location"}]}]}`
	if _, err := anthropic.New().ParseResponse([]byte(body)); err == nil {
		t.Error("a citation without a word in the conversation is taken")
	}
}
