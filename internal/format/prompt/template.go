// Package prompt is the chat templates of the families whose native body is a
// bare prompt. A prompt in the family's own template is a conversation, and is
// read as one; any other prompt is one user message, as it stands.
package prompt

import (
	"regexp"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Template is how a family marks turns inside a prompt.
//
// Text that holds the family's own marks cannot be told from them. Render parts
// such a mark with the invisible character U+2060, so that nobody's text can
// become a turn, and Parse takes it away again: what Render writes, Parse reads
// back, whatever the texts are.
type Template struct {
	// begin opens a prompt, and may be left out; between joins a closed answer
	// to the next turn.
	begin, between string
	// preamble says that text ahead of the first mark is the system prompt.
	preamble                bool
	system, user, assistant form
	// inner, where it is not nil, is the form of a system prompt inside the
	// first user turn.
	inner *form
	// open asks for the answer. mustOpen says that a prompt without an
	// assistant's turn is none of this template.
	open     string
	mustOpen bool
	// marks finds where turns begin; special finds what texts must not hold,
	// in three groups, of which the second is the parting character.
	marks, special *regexp.Regexp
}

// form is one turn: mark lead text trail end. Readers take a lead or trail that
// is shorter too.
type form struct {
	mark, lead, trail, end string
}

// parting parts a mark inside a text. It is the word joiner, which shows as
// nothing and which tokenizers keep apart from the marks.
const parting = "\u2060"

func (t *Template) part(text string) string {
	return t.special.ReplaceAllString(text, "${1}"+parting+"${2}${3}")
}

func (t *Template) join(text string) string {
	if !strings.Contains(text, parting) {
		return text
	}
	return t.special.ReplaceAllStringFunc(text, func(mark string) string {
		return strings.Replace(mark, parting, "", 1)
	})
}

// formOf gives the form of a role, or of a mark's role.
func (t *Template) formOf(role bedrock.ConversationRole) form {
	switch role {
	case bedrock.ConversationRoleAssistant:
		return t.assistant
	case bedrock.ConversationRoleSystem:
		return t.system
	}
	return t.user
}

func (t *Template) roleOf(mark string) bedrock.ConversationRole {
	switch mark {
	case t.assistant.mark:
		return bedrock.ConversationRoleAssistant
	case t.system.mark:
		return bedrock.ConversationRoleSystem
	}
	return bedrock.ConversationRoleUser
}
