package prompt

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Read gives the conversation of a prompt, in the first of the templates that
// it is written in, or as one user message.
func Read(prompt string, templates ...*Template) *bedrock.ConverseRequest {
	for _, t := range templates {
		if conversation, ok := t.Parse(prompt); ok {
			return conversation
		}
	}
	return &bedrock.ConverseRequest{Messages: []bedrock.Message{message(bedrock.ConversationRoleUser, prompt)}}
}

// Parse reads a prompt that is written in the template, and says whether it is.
func (t *Template) Parse(prompt string) (*bedrock.ConverseRequest, bool) {
	text, begun := t.cutBegin(prompt)
	if !strings.Contains(text, t.user.mark) {
		return nil, false
	}
	turns, preamble := t.split(text)
	if !t.complete(turns) {
		return nil, false
	}
	conversation, open := new(bedrock.ConverseRequest), false
	for i, turn := range turns {
		content, ok := t.content(turn, i == len(turns)-1)
		if !ok {
			return nil, false
		}
		open = turn.role == bedrock.ConversationRoleAssistant && i == len(turns)-1 && strings.TrimSpace(content) == ""
		if !open {
			t.add(conversation, turn.role, content)
		}
	}
	if !t.addPreamble(conversation, preamble, open || begun) {
		return nil, false
	}
	return conversation, true
}

// cutBegin takes away what opens a prompt, and says whether it was there.
func (t *Template) cutBegin(prompt string) (text string, begun bool) {
	if text, begun = strings.CutPrefix(prompt, t.begin); !begun || t.begin == "" {
		text, begun = strings.CutPrefix(strings.TrimLeft(prompt, " \n"), t.begin)
	}
	return text, begun && t.begin != ""
}

// turn is what stands behind one mark.
type turn struct {
	role bedrock.ConversationRole
	text string
}

func (t *Template) split(text string) (turns []turn, preamble string) {
	places := t.marks.FindAllStringIndex(text, -1)
	preamble = text
	for i, place := range places {
		if i == 0 {
			preamble = text[:place[0]]
		}
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		turns = append(turns, turn{t.roleOf(text[place[0]:place[1]]), text[place[1]:end]})
	}
	return turns, preamble
}

// content is a turn's text without what the template puts around it. Text
// behind the end of a turn belongs to no template.
func (t *Template) content(turn turn, last bool) (string, bool) {
	form, text := t.formOf(turn.role), turn.text
	ended := !last || turn.role != bedrock.ConversationRoleAssistant
	if form.end != "" {
		before, after, cut := strings.Cut(text, form.end)
		after = strings.TrimPrefix(strings.TrimSpace(after), t.begin)
		if strings.TrimSpace(after) != "" {
			return "", false
		}
		text, ended = before, ended || cut
	}
	if !ended {
		form.trail = ""
		asked := strings.TrimPrefix(t.open, t.assistant.mark)
		if rest, ok := strings.CutPrefix(text, strings.TrimSpace(asked)); ok && strings.TrimSpace(rest) == "" {
			return "", true
		}
	}
	return cutTrail(cutLead(text, form.lead), form.trail), true
}

// cutLead takes away as much of a lead as is there.
func cutLead(text, lead string) string {
	for ; lead != ""; lead = lead[1:] {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			return rest
		}
	}
	return text
}

func cutTrail(text, trail string) string {
	for ; trail != ""; trail = trail[1:] {
		if rest, ok := strings.CutSuffix(text, trail); ok {
			return rest
		}
	}
	return text
}

// add puts a turn into the conversation. System turns ahead of all messages are
// its system prompt.
func (t *Template) add(conversation *bedrock.ConverseRequest, role bedrock.ConversationRole, text string) {
	if t.inner != nil && role == bedrock.ConversationRoleUser && len(conversation.Messages) == 0 {
		text = t.addInner(conversation, text)
	}
	if role == bedrock.ConversationRoleSystem && len(conversation.Messages) == 0 {
		t.addSystem(conversation, text)
		return
	}
	conversation.Messages = append(conversation.Messages, message(role, t.join(text)))
}

func (t *Template) addSystem(conversation *bedrock.ConverseRequest, text string) {
	conversation.System = append(conversation.System, bedrock.SystemContentBlock{Text: new(t.join(text))})
}

// addInner takes the system prompt out of the first user turn.
func (t *Template) addInner(conversation *bedrock.ConverseRequest, text string) string {
	rest, ok := strings.CutPrefix(text, strings.TrimSpace(t.inner.mark))
	system, after, ended := strings.Cut(rest, strings.TrimSpace(t.inner.trail))
	if !ok || !ended {
		return text
	}
	t.addSystem(conversation, cutTrail(cutLead(system, "\n"), "\n"))
	return cutLead(after, "\n\n")
}

// complete says whether the turns make a conversation: a user's turn, and where
// the template wants it an assistant's.
func (t *Template) complete(turns []turn) bool {
	var user, assistant bool
	for _, turn := range turns {
		user = user || turn.role == bedrock.ConversationRoleUser
		assistant = assistant || turn.role == bedrock.ConversationRoleAssistant
	}
	return user && (assistant || !t.mustOpen)
}

// addPreamble takes the text ahead of the first mark as system prompt, if the
// template has such and the prompt shows otherwise that it is written in it.
func (t *Template) addPreamble(conversation *bedrock.ConverseRequest, preamble string, sure bool) bool {
	switch {
	case preamble == "":
		return true
	case !t.preamble || !sure:
		return strings.TrimSpace(preamble) == ""
	}
	text := cutTrail(preamble, t.system.trail)
	conversation.System = append([]bedrock.SystemContentBlock{{Text: new(t.join(text))}}, conversation.System...)
	return true
}

func message(role bedrock.ConversationRole, text string) bedrock.Message {
	return bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: new(text)}}}
}
