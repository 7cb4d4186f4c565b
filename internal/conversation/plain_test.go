package conversation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

// TestPlain shows models what they see of guarded content.
func TestPlain(t *testing.T) {
	same := talk(user(hi))
	if conversation.Plain(same) != same {
		t.Error("a plain request is another one")
	}
	text := &bedrock.GuardrailConverseContentBlock{Text: &bedrock.GuardrailConverseTextBlock{Text: new("a")}}
	picture := &bedrock.GuardrailConverseContentBlock{Image: &bedrock.GuardrailConverseImageBlock{
		Format: "png", Source: &bedrock.GuardrailConverseImageSource{Bytes: []byte("x")},
	}}
	req := offering(user(bedrock.ContentBlock{GuardContent: text}, hi, bedrock.ContentBlock{GuardContent: picture}), said("system", removes("a")))
	req.System = []bedrock.SystemContentBlock{{GuardContent: text}, {Text: new("b")}}
	want := talk(user(words("a"), hi, imageOf("png", []byte("x"))))
	want.System = []bedrock.SystemContentBlock{{Text: new("a")}, {Text: new("b")}}
	want.ToolConfig = &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{CachePoint: point("")}, toolNamed("b")}}
	if d := cmp.Diff(want, conversation.Plain(req)); d != "" {
		t.Error(d)
	}
}
