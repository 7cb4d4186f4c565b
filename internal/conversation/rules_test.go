package conversation_test

import (
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// every is what a model or provider without a limit carries.
var every = provider.Abilities{
	Tools: true, Images: true, Documents: true, Video: true, Audio: true,
	Reasoning: true, CachePoints: true, StructuredOutput: true, SystemTools: true, S3Locations: true,
}

// able is a model that takes everything.
func able() *catalog.Model {
	return &catalog.Model{Converse: true, Streaming: true, SystemPrompts: true, ToolStreaming: true, S3Locations: true, SystemTurns: true, Abilities: every}
}

// strict is a model with the rules of 2024 about turns, and no abilities.
func strict() *catalog.Model {
	return &catalog.Model{Converse: true, Streaming: true, Turns: catalog.Turns{UserFirst: true, Alternate: true, UserLast: true}}
}

func said(role bedrock.ConversationRole, content ...bedrock.ContentBlock) bedrock.Message {
	return bedrock.Message{Role: role, Content: content}
}

func user(content ...bedrock.ContentBlock) bedrock.Message { return said("user", content...) }

func assistant(content ...bedrock.ContentBlock) bedrock.Message { return said("assistant", content...) }

func words(text string) bedrock.ContentBlock { return bedrock.ContentBlock{Text: &text} }

func talk(messages ...bedrock.Message) *bedrock.ConverseRequest {
	return &bedrock.ConverseRequest{Messages: messages}
}

var (
	hi         = words("Hi")
	toolUse    = bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{}}
	toolResult = bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{}}
	cachePoint = bedrock.ContentBlock{CachePoint: &bedrock.CachePointBlock{}}
	image      = bedrock.ContentBlock{Image: &bedrock.ImageBlock{Format: "png", Source: &bedrock.ImageSource{Bytes: pngOf(1, 1)}}}
	imageInS3  = bedrock.ContentBlock{Image: &bedrock.ImageBlock{Source: &bedrock.ImageSource{S3Location: &bedrock.S3Location{}}}}
	document   = bedrock.ContentBlock{Document: &bedrock.DocumentBlock{Source: &bedrock.DocumentSource{Bytes: []byte("x")}}}
	docInS3    = bedrock.ContentBlock{Document: &bedrock.DocumentBlock{Source: &bedrock.DocumentSource{S3Location: &bedrock.S3Location{}}}}
	video      = bedrock.ContentBlock{Video: &bedrock.VideoBlock{}}
	audio      = bedrock.ContentBlock{Audio: &bedrock.AudioBlock{}}
	reasoning  = bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{}}
)

// The texts of the service.
const (
	mustStart     = "A conversation must start with a user message. Try again with a conversation that starts with a user message."
	mustAlternate = "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again."
	mustEnd       = "The model that you are using requires the last turn in the conversation to be a user message. Add a user message to the conversation and try again."
	noTools       = "This model doesn't support tool use."
	noConfig      = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
	noCaching     = "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information."
	noSystem      = "This model doesn't support system messages. Try again without a system message or use a model that supports system messages."
)

func noBlock(kind string) string {
	return "This model doesn't support the " + kind + " content block that you provided. Update the content block and try again."
}

func noField(name string) string {
	return "This model doesn't support the " + name + " field. Remove " + name + " and try again."
}

func TestTurns(t *testing.T) {
	for name, test := range map[string]struct {
		model *catalog.Model
		req   *bedrock.ConverseRequest
		want  string
	}{
		"a question":                          {strict(), talk(user(hi)), ""},
		"no message":                          {able(), talk(), mustStart},
		"only the system speaks":              {able(), talk(said("system", hi)), mustStart},
		"the assistant first":                 {strict(), talk(assistant(hi), user(hi)), mustStart},
		"the assistant first, where it may":   {able(), talk(assistant(hi), user(hi)), ""},
		"twice the user":                      {strict(), talk(user(hi), user(hi)), mustAlternate},
		"twice the user, where it may":        {able(), talk(user(hi), user(hi)), ""},
		"the system between turns":            {able(), talk(user(hi), said("system", hi), assistant(hi), user(hi)), ""},
		"the system, where it may not":        {strict(), talk(user(hi), said("system", hi)), "The model returned the following errors: role 'system' is not supported on this model"},
		"the system without content":          {able(), talk(user(hi), said("system")), "The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content field and try again."},
		"the system with more than text":      {able(), talk(user(hi), said("system", reasoning)), "The model returned the following errors: messages.1.content.0: messages with the role system only support text"},
		"the assistant last":                  {strict(), talk(user(hi), assistant(hi)), mustEnd},
		"the assistant last, where it may":    {able(), talk(user(hi), assistant(hi)), ""},
		"a message without content":           {able(), talk(user(hi), assistant()), "The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content field and try again."},
		"blank text":                          {able(), talk(user(hi), assistant(hi), user(hi, words(" \n"))), "The text field in the ContentBlock object at messages.2.content.1 is blank. Add text to the text field, and try again."},
		"white space, where it is text":       {&catalog.Model{Converse: true, Turns: catalog.Turns{WhiteSpace: true}}, talk(user(words(" "))), ""},
		"empty text, where white space is it": {&catalog.Model{Converse: true, Turns: catalog.Turns{WhiteSpace: true}}, talk(user(words(""))), "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, conversation.Rules{Model: test.model, Provider: every}.Check(test.req), test.want)
		})
	}
}

// TestAbilities asks for each ability of a model and a provider that have it, of
// a model that has it not, and of a provider that has it not.
func TestAbilities(t *testing.T) {
	withTools := func(content bedrock.ContentBlock) *bedrock.ConverseRequest {
		req := talk(user(content))
		req.ToolConfig = &bedrock.ToolConfiguration{}
		return req
	}
	for name, test := range map[string]struct {
		req  *bedrock.ConverseRequest
		want string
	}{
		"image":              {talk(user(image)), noBlock("image")},
		"document":           {talk(user(hi, document)), noBlock("document")},
		"video":              {talk(user(video)), noBlock("video")},
		"audio":              {talk(user(audio)), noBlock("audio")},
		"reasoning":          {talk(user(hi), assistant(reasoning)), noBlock("reasoningContent")},
		"cache point":        {talk(user(hi, cachePoint)), noCaching},
		"system cache point": {&bedrock.ConverseRequest{Messages: talk(user(hi)).Messages, System: []bedrock.SystemContentBlock{{CachePoint: &bedrock.CachePointBlock{}}}}, noCaching},
		"tools":              {withTools(hi), noTools},
		"tool use":           {withTools(toolUse), noTools},
		"tool result":        {withTools(toolResult), noTools},
	} {
		t.Run(name, func(t *testing.T) {
			unable := able()
			unable.Abilities = provider.Abilities{}
			refused(t, conversation.Rules{Model: able(), Provider: every}.Check(test.req), "")
			refused(t, conversation.Rules{Model: unable, Provider: every}.Check(test.req), test.want)
			refused(t, conversation.Rules{Model: able()}.Check(test.req), test.want)
		})
	}
}

func TestRefusals(t *testing.T) {
	noStreams, noToolStreams, noS3 := able(), able(), able()
	noStreams.Streaming, noToolStreams.ToolStreaming, noS3.S3Locations = false, false, false
	withTools := talk(user(hi))
	withTools.ToolConfig = &bedrock.ToolConfiguration{}
	withSystem := func(block bedrock.SystemContentBlock) *bedrock.ConverseRequest {
		req := talk(user(hi))
		req.System = []bedrock.SystemContentBlock{{Text: new("a")}, block}
		return req
	}
	guarded := talk(user(hi))
	guarded.GuardrailConfig = &bedrock.GuardrailConfiguration{GuardrailIdentifier: new("abc")}
	prompted := talk(user(hi))
	prompted.PromptVariables = map[string]bedrock.PromptVariableValues{"a": {}}
	structured := talk(user(hi))
	structured.OutputConfig = &bedrock.OutputConfig{}
	schema := func(text string) *bedrock.ConverseRequest {
		req := talk(user(hi))
		req.OutputConfig = &bedrock.OutputConfig{TextFormat: &bedrock.OutputFormat{
			Structure: &bedrock.OutputFormatStructure{JsonSchema: &bedrock.JsonSchemaDefinition{Schema: &text}},
		}}
		return req
	}
	const noSchema = "The format of the value at outputConfig.textFormat.structure.jsonSchema.schema is invalid. Provide a json object for the field and try again."
	inResult := func(content bedrock.ToolResultContentBlock) *bedrock.ConverseRequest {
		req := talk(user(bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{Content: []bedrock.ToolResultContentBlock{{Text: new("a")}, content}}}))
		req.ToolConfig = &bedrock.ToolConfiguration{}
		return req
	}
	textOnly := provider.Abilities{Tools: true}
	for name, test := range map[string]struct {
		rules conversation.Rules
		req   *bedrock.ConverseRequest
		want  string
	}{
		"a model that does not converse":    {conversation.Rules{Model: &catalog.Model{}}, talk(user(hi)), "This action doesn't support the model that you provided. Try again with a supported text or chat model."},
		"a guardrail":                       {conversation.Rules{Model: able(), Provider: every}, guarded, "The provided guardrail identifier is invalid."},
		"prompt variables":                  {conversation.Rules{Model: able(), Provider: every}, prompted, noField("promptVariables")},
		"an output format":                  {conversation.Rules{Model: able()}, structured, noField("outputConfig")},
		"a schema":                          {conversation.Rules{Model: able(), Provider: every}, schema(`{"type":"object"}`), ""},
		"a schema that is no JSON":          {conversation.Rules{Model: able(), Provider: every}, schema(`{"type":`), noSchema},
		"a schema that is no object":        {conversation.Rules{Model: able(), Provider: every}, schema(`null`), noSchema},
		"a stream":                          {conversation.Rules{Model: noStreams, Provider: every, Streamed: true}, talk(user(hi)), "The model is unsupported for streaming."},
		"no stream":                         {conversation.Rules{Model: noStreams, Provider: every}, talk(user(hi)), ""},
		"tools in a stream":                 {conversation.Rules{Model: noToolStreams, Provider: every, Streamed: true}, withTools, "This model doesn't support tool use in streaming mode."},
		"tools in no stream":                {conversation.Rules{Model: noToolStreams, Provider: every}, withTools, ""},
		"an image in S3":                    {conversation.Rules{Model: noS3, Provider: every}, talk(user(imageInS3)), noField("s3Uri")},
		"a document in S3":                  {conversation.Rules{Model: noS3, Provider: every}, talk(user(hi, docInS3)), "The model returned the following errors: messages.0.content.1.document.source.type: Field required"},
		"tool blocks without configuration": {conversation.Rules{Model: able(), Provider: every}, talk(user(hi), assistant(toolUse), user(toolResult)), noConfig},
		"an image in a result":              {conversation.Rules{Model: able(), Provider: textOnly}, inResult(bedrock.ToolResultContentBlock{Image: image.Image}), noBlock("image")},
		"a document in a result":            {conversation.Rules{Model: able(), Provider: textOnly}, inResult(bedrock.ToolResultContentBlock{Document: document.Document}), noBlock("document")},
		"an image in S3 in a result":        {conversation.Rules{Model: noS3, Provider: every}, inResult(bedrock.ToolResultContentBlock{Image: imageInS3.Image}), noField("s3Uri")},
		"a document in S3 in a result":      {conversation.Rules{Model: noS3, Provider: every}, inResult(bedrock.ToolResultContentBlock{Document: docInS3.Document}), ""},
		"a system prompt":                   {conversation.Rules{Model: strict(), Provider: every}, withSystem(bedrock.SystemContentBlock{Text: new("b")}), noSystem},
		"a blank system prompt":             {conversation.Rules{Model: able(), Provider: every}, withSystem(bedrock.SystemContentBlock{Text: new(" ")}), "The text field in the SystemContentBlock object at system.1 is blank. Add text to the text field, and try again."},
		"a guarded system prompt":           {conversation.Rules{Model: able(), Provider: every}, withSystem(bedrock.SystemContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{}}), ""},
		"citations":                         {conversation.Rules{Model: able(), Provider: textOnly}, talk(user(bedrock.ContentBlock{CitationsContent: &bedrock.CitationsContentBlock{}})), noBlock("citationsContent")},
		"search results":                    {conversation.Rules{Model: able(), Provider: textOnly}, talk(user(bedrock.ContentBlock{SearchResult: &bedrock.SearchResultBlock{}})), noBlock("searchResult")},
		"guarded content":                   {conversation.Rules{Model: able(), Provider: textOnly}, talk(user(bedrock.ContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{Text: &bedrock.GuardrailConverseTextBlock{}}})), ""},
		"a guarded image":                   {conversation.Rules{Model: able(), Provider: textOnly}, talk(user(bedrock.ContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{Image: &bedrock.GuardrailConverseImageBlock{}}})), noBlock("image")},
		"an image in S3 for nobody":         {conversation.Rules{Model: able(), Provider: provider.Abilities{Images: true}}, talk(user(imageInS3)), noField("s3Uri")},
		"an image in S3 for somebody":       {conversation.Rules{Model: able(), Provider: every}, talk(user(imageInS3)), ""},
		"content comes before turns":        {conversation.Rules{Model: strict(), Provider: every}, talk(assistant(words(" "))), "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."},
	} {
		t.Run(name, func(t *testing.T) { refused(t, test.rules.Check(test.req), test.want) })
	}
}

// TestNative leaves turns and system prompts of native bodies to the format.
func TestNative(t *testing.T) {
	structured := talk(user(hi))
	structured.OutputConfig = &bedrock.OutputConfig{}
	refused(t, conversation.Rules{Model: strict(), Provider: every}.CheckNative(talk(assistant(hi), assistant(hi))), "")
	refused(t, conversation.Rules{Model: strict(), Provider: every}.CheckNative(talk(user(image))), noBlock("image"))
	refused(t, conversation.Rules{Model: strict()}.CheckNative(structured), noField("outputConfig"))
	refused(t, conversation.Rules{Model: &catalog.Model{}, Streamed: true}.CheckNative(talk(user(hi))), "The model is unsupported for streaming.")
}

// refused compares a refusal with the text of the service; none is the empty one.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		invalid, ok := err.(*bedrock.ValidationException)
		if !ok {
			t.Fatalf("got %v", err)
		}
		got = invalid.Message
	}
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
