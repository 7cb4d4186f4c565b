package cohere

import (
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// saying is one turn of a chat history: of the roles USER, CHATBOT and SYSTEM with
// a message, of TOOL with results.
type saying struct {
	Role        string   `json:"role" schema:"required"`
	Message     *string  `json:"message,omitzero"`
	ToolCalls   []call   `json:"tool_calls,omitzero"`
	ToolResults []result `json:"tool_results,omitzero"`
}

const (
	roleUser    = "USER"
	roleChatbot = "CHATBOT"
	roleTool    = "TOOL"
)

// speakers are the roles of a chat history that have messages.
var speakers = map[string]bedrock.ConversationRole{
	roleUser:    bedrock.ConversationRoleUser,
	roleChatbot: bedrock.ConversationRoleAssistant,
	"SYSTEM":    bedrock.ConversationRoleSystem,
}

func speakerOf(role bedrock.ConversationRole) string {
	for name, r := range speakers {
		if r == role {
			return name
		}
	}
	return roleUser
}

// reading makes the messages of a conversation out of a chat history.
type reading struct {
	messages []bedrock.Message
	// calls counts the uses of tools, which have no ids of their own.
	calls int
	// open are the ids of the uses that wait for their results, in order.
	open []string
}

func (r *reading) turn(place string, s saying) error {
	if s.Role == roleTool {
		r.results(s.ToolResults)
		return nil
	}
	role, ok := speakers[s.Role]
	switch {
	case !ok:
		return schema.Violation(place+"/role", s.Role+" is not a valid enum value")
	case s.Message == nil:
		return schema.Violation(place, "required key [message] not found")
	case len(s.ToolCalls) > 0 && s.Role != roleChatbot:
		return schema.Violation(place, "extraneous key [tool_calls] is not permitted")
	case len(s.ToolResults) > 0:
		return schema.Violation(place, "extraneous key [tool_results] is not permitted")
	}
	m := bedrock.Message{Role: role}
	if *s.Message != "" || len(s.ToolCalls) == 0 {
		m.Content = append(m.Content, bedrock.ContentBlock{Text: s.Message})
	}
	m.Content = append(m.Content, r.uses(s.ToolCalls)...)
	r.messages = append(r.messages, m)
	return nil
}

// uses gives calls the ids by which their results will name them.
func (r *reading) uses(calls []call) (blocks []bedrock.ContentBlock) {
	r.open = nil
	for _, c := range calls {
		r.calls++
		id := "tooluse_" + strconv.Itoa(r.calls)
		r.open = append(r.open, id)
		blocks = append(blocks, bedrock.ContentBlock{ToolUse: c.use(id)})
	}
	return blocks
}

// results are those of the calls of the turn before. Where the history does not
// have them, they are told by their results.
func (r *reading) results(results []result) {
	if len(results) != len(r.open) {
		calls := make([]call, len(results))
		for i, one := range results {
			calls[i] = one.Call
		}
		r.messages = append(r.messages, bedrock.Message{Role: bedrock.ConversationRoleAssistant, Content: r.uses(calls)})
	}
	m := bedrock.Message{Role: bedrock.ConversationRoleUser}
	for i, one := range results {
		m.Content = append(m.Content, bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{
			ToolUseId: &r.open[i], Content: one.content(),
		}})
	}
	r.messages, r.open = append(r.messages, m), nil
}

// sayings gives the messages as turns of a chat history.
func sayings(messages []bedrock.Message) ([]saying, error) {
	var history []saying
	called := map[string]call{}
	for _, m := range messages {
		said, results, err := sayingOf(m, called)
		if err != nil {
			return nil, err
		}
		if len(results) > 0 {
			history = append(history, saying{Role: roleTool, ToolResults: results})
			if *said.Message == "" {
				continue
			}
		}
		history = append(history, said)
	}
	return history, nil
}

// sayingOf gives what a message says, and the results of tools in it; called are
// the calls before, by id.
func sayingOf(m bedrock.Message, called map[string]call) (said saying, results []result, err error) {
	var texts []string
	said.Role = speakerOf(m.Role)
	for _, block := range m.Content {
		switch {
		case block.Text != nil:
			texts = append(texts, *block.Text)
		case block.ToolUse != nil && said.Role == roleChatbot:
			one := callOf(block.ToolUse)
			said.ToolCalls = append(said.ToolCalls, one)
			if id := block.ToolUse.ToolUseId; id != nil {
				called[*id] = one
			}
		case block.ToolResult != nil && block.ToolResult.ToolUseId != nil:
			one := result{Call: called[*block.ToolResult.ToolUseId]}
			if one.Outputs, err = outputs(block.ToolResult.Content); err != nil {
				return said, nil, err
			}
			if one.Call.Name == "" {
				return said, nil, schema.UnsupportedBlock(block)
			}
			results = append(results, one)
		default:
			return said, nil, schema.UnsupportedBlock(block)
		}
	}
	said.Message = new(strings.Join(texts, "\n"))
	return said, results, nil
}
