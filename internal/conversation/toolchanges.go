package conversation

import (
	"fmt"
	"slices"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// checkSystemTurns holds the messages of the role system to the rules: only some
// models have them, and only in them may tools come and go.
func (r Rules) checkSystemTurns(req *bedrock.ConverseRequest) error {
	for i, message := range req.Messages {
		system := message.Role == bedrock.ConversationRoleSystem
		if err := r.checkSystemRole(i, message.Role); err != nil {
			return err
		}
		if len(message.Content) == 0 {
			return emptyContent(i)
		}
		for j := range message.Content {
			block, at := &message.Content[j], fmt.Sprintf("messages.%d.content.%d", i, j)
			change := block.ToolAddition != nil || block.ToolRemoval != nil
			switch {
			case change && !system:
				return r.byModel("%s: toolAddition and toolRemoval are only supported in messages with the role system", at)
			case change:
				if err := r.checkToolChange(block, req.ToolConfig, at); err != nil {
					return err
				}
			case system && block.Text == nil && block.GuardContent == nil && block.CachePoint == nil:
				return r.byModel("%s: messages with the role system only support text", at)
			}
		}
	}
	return nil
}

// checkNativeSystemTurns is checkSystemTurns for a native body, which may have
// messages of the role system where the system prompt has no place of its own.
func (r Rules) checkNativeSystemTurns(req *bedrock.ConverseRequest) error {
	if !r.Model.Turns.SystemApart {
		return nil
	}
	for i, message := range req.Messages {
		if err := r.checkSystemRole(i, message.Role); err != nil {
			return err
		}
	}
	return nil
}

func (r Rules) checkSystemRole(message int, role bedrock.ConversationRole) error {
	switch {
	case role != bedrock.ConversationRoleSystem:
		return nil
	case !r.Model.SystemTurns:
		return r.byModel("role 'system' is not supported on this model")
	case message == 0 && r.Model.Turns.SystemApart:
		return r.byModel("messages.0: use the top-level 'system' parameter for the initial system prompt")
	}
	return nil
}

// checkToolChange sees to it that a tool which comes or goes is one of the request.
func (r Rules) checkToolChange(block *bedrock.ContentBlock, config *bedrock.ToolConfiguration, at string) error {
	name, reference := toolChange(block)
	switch {
	case config == nil:
		return invalid("The toolConfig field must be defined when using toolAddition and toolRemoval content blocks.")
	case reference.ServerName != nil:
		return unsupportedField("serverName")
	case name == "" || !hasTool(config, name):
		return r.byModel("%s: Tool '%s' not found in provided tools", at, name)
	}
	return nil
}

// toolChange gives what a block that adds or removes a tool refers to.
func toolChange(block *bedrock.ContentBlock) (name string, reference *bedrock.ToolReference) {
	switch {
	case block.ToolAddition != nil:
		reference = block.ToolAddition.Tool
	case block.ToolRemoval != nil:
		reference = block.ToolRemoval.Tool
	}
	if reference == nil {
		return "", new(bedrock.ToolReference)
	}
	if reference.Name != nil {
		name = *reference.Name
	}
	return name, reference
}

func hasTool(config *bedrock.ToolConfiguration, name string) bool {
	return slices.ContainsFunc(config.Tools, func(tool bedrock.Tool) bool { return isTool(tool, name) })
}

func isTool(tool bedrock.Tool, name string) bool {
	return tool.ToolSpec != nil && tool.ToolSpec.Name != nil && *tool.ToolSpec.Name == name
}

// SettleTools gives a request in which no tools come and go: it offers those that
// are there in the end. It is for models that know no such blocks; a request without
// them is given back as it is.
func SettleTools(req *bedrock.ConverseRequest) *bedrock.ConverseRequest {
	removed := map[string]bool{}
	changes := false
	messages := make([]bedrock.Message, 0, len(req.Messages))
	for _, message := range req.Messages {
		content := make([]bedrock.ContentBlock, 0, len(message.Content))
		for _, block := range message.Content {
			if block.ToolAddition == nil && block.ToolRemoval == nil {
				content = append(content, block)
				continue
			}
			name, _ := toolChange(&block)
			removed[name], changes = block.ToolRemoval != nil, true
		}
		if len(content) > 0 {
			message.Content = content
			messages = append(messages, message)
		}
	}
	if !changes {
		return req
	}
	settled := *req
	settled.Messages, settled.ToolConfig = messages, withoutTools(req.ToolConfig, removed)
	return &settled
}

// withoutTools gives a configuration without some tools, or none where there would
// be no tool in it.
func withoutTools(config *bedrock.ToolConfiguration, removed map[string]bool) *bedrock.ToolConfiguration {
	if config == nil {
		return nil
	}
	left := *config
	left.Tools = slices.DeleteFunc(slices.Clone(config.Tools), func(tool bedrock.Tool) bool {
		return tool.ToolSpec != nil && tool.ToolSpec.Name != nil && removed[*tool.ToolSpec.Name]
	})
	if !slices.ContainsFunc(left.Tools, func(tool bedrock.Tool) bool { return tool.CachePoint == nil }) {
		return nil
	}
	return &left
}
