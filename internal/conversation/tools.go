package conversation

import (
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// checkTools holds the tools of a request, their uses and their results to the
// rules.
func (r Rules) checkTools(req *bedrock.ConverseRequest) error {
	if req.ToolConfig == nil {
		if usesTools(req.Messages) {
			return invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
		}
		return nil
	}
	if err := r.checkToolAbility(); err != nil {
		return err
	}
	if !r.Model.Abilities.SystemTools || !r.Provider.SystemTools {
		if slices.ContainsFunc(req.ToolConfig.Tools, func(tool bedrock.Tool) bool { return tool.SystemTool != nil }) {
			return unsupportedField("systemTool")
		}
	}
	return r.checkToolChoice(SettleTools(req).ToolConfig, req.ToolConfig.ToolChoice)
}

func usesTools(messages []bedrock.Message) bool {
	return slices.ContainsFunc(messages, func(m bedrock.Message) bool {
		return slices.ContainsFunc(m.Content, func(block bedrock.ContentBlock) bool {
			return block.ToolUse != nil || block.ToolResult != nil
		})
	})
}

func (r Rules) checkToolAbility() error {
	switch {
	case !r.Model.Abilities.Tools || !r.Provider.Tools:
		return invalid("This model doesn't support tool use.")
	case r.Streamed && !r.Model.ToolStreaming:
		return invalid("This model doesn't support tool use in streaming mode.")
	}
	return nil
}

// checkToolChoice looks for the tool of a choice among those that are offered.
func (r Rules) checkToolChoice(offered *bedrock.ToolConfiguration, choice *bedrock.ToolChoice) error {
	switch {
	case choice == nil:
		return nil
	case choice.Any != nil && r.Model.NoAnyChoice:
		return unsupportedField("toolConfig.toolChoice.any")
	case choice.Tool != nil && r.Model.NoToolChoice:
		return unsupportedField("toolConfig.toolChoice.tool")
	case choice.Tool == nil || choice.Tool.Name == nil:
		return nil
	}
	if offered == nil || !hasTool(offered, *choice.Tool.Name) {
		return invalid("The model returned the following errors: Tool '%s' not found in provided tools", *choice.Tool.Name)
	}
	return nil
}

// checkToolTurns keeps the results of tools to themselves, for the models that want
// it so. What an answer says beside its calls is taken back as it was given.
func (r Rules) checkToolTurns(req *bedrock.ConverseRequest) error {
	if !r.Model.ToolsApart {
		return nil
	}
	for i, message := range req.Messages {
		results, others := 0, 0
		for _, block := range message.Content {
			switch {
			case block.ToolResult != nil:
				results++
			case block.CachePoint == nil:
				others++
			}
		}
		if results > 0 && others > 0 {
			return invalid("messages.%d.content: Conversation blocks and tool result blocks cannot be provided in the same turn.", i)
		}
	}
	return nil
}

// checkToolResult holds the media in a result to the same rules as those beside
// it.
func (r Rules) checkToolResult(result *bedrock.ToolResultBlock, at string) error {
	if err := r.checkToolAbility(); err != nil {
		return err
	}
	if result.Status == bedrock.ToolResultStatusError && len(result.Content) == 0 {
		return invalid("The content field at %s.toolResult cannot be empty when status value is error.", at)
	}
	for _, content := range result.Content {
		block := bedrock.ContentBlock{Image: content.Image, Video: content.Video}
		switch {
		case r.Model.OnlyImageResults && (content.Document != nil || content.Video != nil):
			return invalid("The model returned the following errors: Malformed input request: #/%s: extraneous key [toolResult] is not permitted, please reformat your input and try again.",
				strings.ReplaceAll(at, ".", "/"))
		case content.Document != nil && !r.documents():
			// Where a document of a result lies is no business of the rules: what
			// is refused beside a result was taken in it (recorded).
			return unsupportedBlock("document")
		case content.SearchResult != nil && !r.documents():
			return unsupportedBlock("searchResult")
		case block.Image == nil && block.Video == nil:
			continue
		}
		if err := r.checkBlock(&block, at); err != nil {
			return err
		}
	}
	return nil
}

// checkPairs sees to it that the results of tools answer the uses of the turn
// before, each of them.
func (r Rules) checkPairs(req *bedrock.ConverseRequest) error {
	var asked []string
	for i, message := range req.Messages {
		if message.Role == bedrock.ConversationRoleSystem {
			continue
		}
		uses, results := toolIDs(message)
		switch missing := without(asked, results); {
		case len(results) > len(asked):
			return invalid("The number of toolResult blocks at messages.%d.content exceeds the number of toolUse blocks of previous turn.", i)
		case len(missing) > 0:
			return invalid("Expected toolResult blocks at messages.%d.content for the following Ids: %s", i, strings.Join(missing, ", "))
		}
		asked = uses
	}
	return nil
}

// toolIDs gives the ids of a message's toolUse blocks, and of its toolResult
// blocks. Those that the service ran itself have their results beside them.
func toolIDs(message bedrock.Message) (uses, results []string) {
	for _, block := range message.Content {
		switch {
		case block.ToolUse != nil && block.ToolUse.ToolUseId != nil && block.ToolUse.Type != bedrock.ToolUseTypeServerToolUse:
			uses = append(uses, *block.ToolUse.ToolUseId)
		case block.ToolResult != nil && block.ToolResult.ToolUseId != nil && message.Role == bedrock.ConversationRoleUser:
			results = append(results, *block.ToolResult.ToolUseId)
		}
	}
	return uses, results
}

// without gives the ids that are not among the others.
func without(ids, others []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(others, id) })
}
