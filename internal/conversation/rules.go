package conversation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
)

// Rules are what a conversation is held to: those of the service for the model,
// and what model and provider together can carry.
type Rules struct {
	Model *catalog.Model
	// Provider is what the provider carries.
	Provider provider.Abilities
	// Streamed says that the answer will be a stream.
	Streamed bool

	// native says that the conversation comes from a native body.
	native bool
}

// Check holds a conversation to the rules. The error is a
// *bedrock.ValidationException in the words of the service.
func (r Rules) Check(req *bedrock.ConverseRequest) error {
	for _, check := range []func(*bedrock.ConverseRequest) error{
		r.checkFields, r.checkStream, r.checkContent, r.checkMedia, r.checkDocuments, r.checkTurns, r.checkSystemTurns,
		r.checkTools, r.checkToolTurns, r.checkPairs, r.checkSystem, r.checkCachePoints,
	} {
		if err := check(req); err != nil {
			return err
		}
	}
	return nil
}

// CheckNative holds the conversation of a native body to what can be carried.
// The family's own rules about its form are the format's business.
func (r Rules) CheckNative(req *bedrock.ConverseRequest) error {
	if req.OutputConfig != nil && !r.Provider.StructuredOutput {
		return unsupportedField("outputConfig")
	}
	r.native = true
	for _, check := range []func(*bedrock.ConverseRequest) error{
		r.checkStream, r.checkContent, r.checkMedia, r.checkNativeSystemTurns, r.checkTools, r.checkCachePoints,
	} {
		if err := check(req); err != nil {
			return err
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf(format, args...)}
}

// byModel is an error that the service passes on from the model. In a native answer
// it stands for itself.
func (r Rules) byModel(format string, args ...any) error {
	if r.native {
		return invalid(format, args...)
	}
	return invalid("The model returned the following errors: "+format, args...)
}

func unsupportedField(name string) error {
	return invalid("This model doesn't support the %s field. Remove %s and try again.", name, name)
}

// checkFields refuses the parts of a request that nobody would look at.
func (r Rules) checkFields(req *bedrock.ConverseRequest) error {
	switch {
	case req.GuardrailConfig != nil && req.GuardrailConfig.GuardrailIdentifier != nil && *req.GuardrailConfig.GuardrailIdentifier != "":
		return invalid("The provided guardrail identifier is invalid.")
	case !r.Model.Converse:
		return invalid("This action doesn't support the model that you provided. Try again with a supported text or chat model.")
	case len(req.PromptVariables) > 0:
		return unsupportedField("promptVariables")
	case req.OutputConfig != nil && !r.Provider.StructuredOutput,
		req.OutputConfig != nil && req.OutputConfig.TextFormat != nil && !r.Model.Abilities.StructuredOutput:
		return unsupportedField("outputConfig")
	}
	return checkOutput(req.OutputConfig)
}

// checkOutput refuses a schema of the output that is none. That AWS words it as it
// does other fields that hold JSON is a guess: no recording has it.
func checkOutput(config *bedrock.OutputConfig) error {
	if config == nil || config.TextFormat == nil || config.TextFormat.Structure == nil {
		return nil
	}
	definition := config.TextFormat.Structure.JsonSchema
	if definition == nil || definition.Schema == nil {
		return nil
	}
	var schema map[string]any
	if err := json.Unmarshal([]byte(*definition.Schema), &schema); err != nil || schema == nil {
		return invalid("The format of the value at outputConfig.textFormat.structure.jsonSchema.schema is invalid. Provide a json object for the field and try again.")
	}
	return nil
}

func (r Rules) checkStream(*bedrock.ConverseRequest) error {
	if r.Streamed && !r.Model.Streaming {
		return invalid("The model is unsupported for streaming.")
	}
	return nil
}

func emptyContent(message int) error {
	return invalid("The content field in the Message object at messages.%d is empty. Add a ContentBlock object to the content field and try again.", message)
}

func (r Rules) checkTurns(req *bedrock.ConverseRequest) error {
	turns, last := r.Model.Turns, bedrock.ConversationRole("")
	for i, message := range req.Messages {
		if message.Role == bedrock.ConversationRoleSystem {
			continue
		}
		if turns.UserFirst && last == "" && message.Role != bedrock.ConversationRoleUser {
			return invalid("A conversation must start with a user message. Try again with a conversation that starts with a user message.")
		}
		if turns.Alternate && message.Role == last {
			return invalid("A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.")
		}
		last = message.Role
		if len(message.Content) == 0 {
			return emptyContent(i)
		}
	}
	switch {
	case last == "":
		return invalid("A conversation must start with a user message. Try again with a conversation that starts with a user message.")
	case turns.UserLast && last == bedrock.ConversationRoleAssistant:
		return invalid("The model that you are using requires the last turn in the conversation to be a user message. Add a user message to the conversation and try again.")
	}
	return nil
}

func (r Rules) checkContent(req *bedrock.ConverseRequest) error {
	for i, message := range req.Messages {
		for j := range message.Content {
			if err := r.checkBlock(&message.Content[j], fmt.Sprintf("messages.%d.content.%d", i, j)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r Rules) checkBlock(block *bedrock.ContentBlock, at string) error {
	model, carrier := r.Model.Abilities, r.Provider
	switch {
	case block.Text != nil:
		if r.blank(*block.Text) {
			return invalid("The text field in the ContentBlock object at %s is blank. Add text to the text field, and try again.", at)
		}
		return nil
	case block.Image != nil:
		return r.checkMedium("image", model.Images && carrier.Images, block.Image.Source != nil && block.Image.Source.S3Location != nil)
	case block.Document != nil:
		return r.checkDocument(block.Document, at)
	case block.Video != nil:
		return r.checkMedium("video", model.Video && carrier.Video, block.Video.Source != nil && block.Video.Source.S3Location != nil)
	case block.Audio != nil:
		return r.checkMedium("audio", model.Audio && carrier.Audio, block.Audio.Source != nil && block.Audio.Source.S3Location != nil)
	case block.ToolUse != nil:
		return r.checkToolAbility()
	case block.ToolResult != nil:
		return r.checkToolResult(block.ToolResult, at)
	case block.CachePoint != nil:
		return r.checkCachePoint()
	case block.ReasoningContent != nil:
		if model.Reasoning && carrier.Reasoning {
			return nil
		}
		return unsupportedBlock("reasoningContent")
	case block.CitationsContent != nil && !r.documents():
		return unsupportedBlock("citationsContent")
	case block.SearchResult != nil && !r.documents():
		return unsupportedBlock("searchResult")
	case block.CitationsContent != nil, block.SearchResult != nil:
		return nil
	case block.GuardContent != nil:
		return r.checkGuarded(block.GuardContent)
	case block.ToolAddition != nil || block.ToolRemoval != nil:
		return r.checkToolAbility()
	}
	return nil
}

// checkGuarded holds what a guardrail would look at to the rules of what it is. The
// model sees it in any case.
func (r Rules) checkGuarded(guarded *bedrock.GuardrailConverseContentBlock) error {
	if guarded.Image != nil {
		return r.checkMedium("image", r.Model.Abilities.Images && r.Provider.Images, false)
	}
	return nil
}

// blank tells text that the model's service refuses as none.
func (r Rules) blank(text string) bool {
	return text == "" || !r.Model.Turns.WhiteSpace && strings.TrimSpace(text) == ""
}

func unsupportedBlock(kind string) error {
	return invalid("This model doesn't support the %s content block that you provided. Update the content block and try again.", kind)
}

// checkMedium holds a medium to the abilities. What lies in S3 is for models that
// take it from there, and for a provider that can fetch it.
func (r Rules) checkMedium(kind string, able, fromS3 bool) error {
	switch {
	case !able:
		return unsupportedBlock(kind)
	case fromS3 && !(r.Model.S3Locations && r.Provider.S3Locations):
		return unsupportedField("s3Uri")
	}
	return nil
}

func (r Rules) checkCachePoint() error {
	if r.Model.Abilities.CachePoints && r.Provider.CachePoints {
		return nil
	}
	return invalid("You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.")
}

func (r Rules) checkSystem(req *bedrock.ConverseRequest) error {
	if len(req.System) > 0 && !r.Model.SystemPrompts {
		return invalid("This model doesn't support system messages. Try again without a system message or use a model that supports system messages.")
	}
	for i, block := range req.System {
		switch {
		case block.CachePoint != nil:
			if err := r.checkCachePoint(); err != nil {
				return err
			}
		case block.GuardContent != nil:
			if err := r.checkGuarded(block.GuardContent); err != nil {
				return err
			}
		case block.Text != nil && strings.TrimSpace(*block.Text) == "":
			return invalid("The text field in the SystemContentBlock object at system.%d is blank. Add text to the text field, and try again.", i)
		}
	}
	return nil
}
