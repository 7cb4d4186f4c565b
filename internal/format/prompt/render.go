package prompt

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Render writes the system prompt and the messages of a conversation as a
// prompt. Several texts of one message become one, on lines of their own. A
// last message of the assistant is left open, to be continued. Other blocks
// than text, tools and an outputConfig are a *bedrock.ValidationException.
func (t *Template) Render(conversation *bedrock.ConverseRequest) (string, error) {
	if conversation.ToolConfig != nil {
		return "", &bedrock.ValidationException{Message: "This model doesn't support tool use."}
	}
	if conversation.OutputConfig != nil {
		return "", schema.Unsupported("outputConfig")
	}
	system, err := systemTexts(conversation.System)
	if err != nil {
		return "", err
	}
	turns, err := t.turns(conversation.Messages)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(t.begin)
	if turns, err = t.renderSystem(&b, system, turns); err != nil {
		return "", err
	}
	for i, turn := range turns {
		t.renderTurn(&b, turn, i == len(turns)-1)
	}
	return b.String(), nil
}

func (t *Template) turns(messages []bedrock.Message) ([]turn, error) {
	turns := make([]turn, len(messages))
	for i, m := range messages {
		text, err := TextOf(m.Content)
		if err != nil {
			return nil, err
		}
		if m.Role == bedrock.ConversationRoleSystem && t.system.mark == "" {
			return nil, schema.Unsupported("messages role system")
		}
		turns[i] = turn{m.Role, t.part(text)}
	}
	return turns, nil
}

// renderSystem writes the system prompt where the template has it, which may be
// inside the first turn.
func (t *Template) renderSystem(b *strings.Builder, texts []string, turns []turn) ([]turn, error) {
	switch {
	case len(texts) == 0:
	case t.system.mark != "":
		for _, text := range texts {
			t.renderTurn(b, turn{bedrock.ConversationRoleSystem, t.part(text)}, false)
		}
	case t.inner == nil:
		b.WriteString(t.part(strings.Join(texts, "\n")) + t.system.trail)
	case len(turns) == 0 || turns[0].role != bedrock.ConversationRoleUser:
		return nil, &bedrock.ValidationException{Message: "A conversation must start with a user message. " +
			"Try again with a conversation that starts with a user message."}
	default:
		turns[0].text = t.inner.mark + t.part(strings.Join(texts, "\n")) + t.inner.trail + turns[0].text
	}
	return turns, nil
}

func (t *Template) renderTurn(b *strings.Builder, turn turn, last bool) {
	form := t.formOf(turn.role)
	b.WriteString(form.mark)
	b.WriteString(form.lead)
	b.WriteString(turn.text)
	assistant := turn.role == bedrock.ConversationRoleAssistant
	if last && assistant {
		return
	}
	b.WriteString(form.trail)
	b.WriteString(form.end)
	switch {
	case last:
		b.WriteString(t.open)
	case assistant:
		b.WriteString(t.between)
	}
}

func systemTexts(blocks []bedrock.SystemContentBlock) ([]string, error) {
	texts := make([]string, len(blocks))
	for i, block := range blocks {
		if block.Text == nil {
			return nil, schema.UnsupportedBlock(block)
		}
		texts[i] = *block.Text
	}
	return texts, nil
}

// TextOf joins the texts of a message, on lines of their own. Other blocks are a
// *bedrock.ValidationException.
func TextOf(blocks []bedrock.ContentBlock) (string, error) {
	texts := make([]string, len(blocks))
	for i, block := range blocks {
		if block.Text == nil {
			return "", schema.UnsupportedBlock(block)
		}
		texts[i] = *block.Text
	}
	return strings.Join(texts, "\n"), nil
}
