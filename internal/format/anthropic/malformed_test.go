package anthropic_test

import (
	"strings"

	"github.com/saprolite/saprolite/internal/format/formattest"
)

// with puts a member ahead of a good body.
func with(member string) string {
	return `{` + member + `,"anthropic_version":"bedrock-2023-05-31","max_tokens":10,"messages":[{"role":"user","content":"Hi"}]}`
}

// content is a body with one message of the native content.
func content(native string) string {
	return `{"anthropic_version":"x","max_tokens":10,"messages":[{"role":"user","content":` + native + `}]}`
}

func malformed(texts ...string) string {
	return "Malformed input request: " + strings.Join(texts, "") + ", please reformat your input and try again."
}

// refused is a table of names, bodies and the words of their refusals.
type refused []struct{ name, body, message string }

func (r refused) table() (table []formattest.Malformed) {
	for _, row := range r {
		table = append(table, formattest.Malformed{Name: row.name, Body: row.body, Message: row.message})
	}
	return table
}

var malformedMessages = refused{
	{"NoMaxTokens", `{"anthropic_version":"x","messages":[{"role":"user","content":"Hi"}]}`,
		malformed("#: required key [max_tokens] not found")},
	{"Stream", with(`"stream":true`), malformed("#: extraneous key [stream] is not permitted")},
	{"StreamAndModel", with(`"stream":true,"model":"claude"`),
		malformed("#: extraneous key [stream] is not permitted", "#: extraneous key [model] is not permitted")},
	{"OtherCase", with(`"Temperature":1`), malformed("#: extraneous key [Temperature] is not permitted")},
	{"Prompt", with(`"prompt":"Hi"`), malformed("#: extraneous key [prompt] is not permitted")},
	{"Temperature", with(`"temperature":1.5`), malformed("#/temperature: 1.5 is not less or equal to 1")},
	{"TopPText", with(`"top_p":"1"`), malformed("#/top_p: expected type: Number, found: String")},
	{"NoContent", `{"anthropic_version":"x","max_tokens":1,"messages":[{"role":"user"}]}`,
		malformed("#/messages/0: required key [content] not found")},
	{"NoMessages", `{"anthropic_version":"x","max_tokens":1,"messages":[]}`, "messages: at least one message is required"},
	{"Role", `{"anthropic_version":"x","max_tokens":1,"messages":[{"role":"tool","content":"Hi"}]}`,
		"messages.0.role: Input should be 'user', 'assistant' or 'system'"},
	{"ContentNumber", content(`7`), "messages.0.content: Input should be a valid list"},
	{"EmptyText", content(`""`), "messages: text content blocks must be non-empty"},
	{"BlankText", content(`[{"type":"text","text":" \n"}]`), "messages: text content blocks must contain non-whitespace text"},
	{"NoBlocks", content(`[]`), "messages.0: all messages must have non-empty content except for the optional final assistant message"},
	{"Thinking", with(`"thinking":true`), "thinking: Input should be an object"},
	{"EmptySystem", with(`"system":""`), "system: text content blocks must be non-empty"},
	{"SystemImage", with(`"system":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]`),
		"system.0.type: Input should be 'text'"},
	{"NoType", content(`[{"text":"Hi"}]`), "messages.0.content.0.type: Field required"},
	{"NoText", content(`[{"type":"text"}]`), "messages.0.content.0.text.text: Field required"},
	{"TextNumber", content(`[{"type":"text","text":7}]`), "messages.0.content.0.text.text: Input should be a valid string"},
	{"ForeignMember", content(`[{"type":"text","text":"Hi","id":"x"}]`), "messages.0.content.0.text.id: Extra inputs are not permitted"},
	{"UnknownBlock", content(`[{"type":"video"}]`), "messages.0.content.0: Input tag 'video' found using 'type' does not match " +
		"any of the expected tags: 'document', 'image', 'redacted_thinking', 'search_result', 'text', 'thinking', 'tool_result', 'tool_use'"},
	{"NoSourceType", content(`[{"type":"document","source":{"data":"x"}}]`), "messages.0.content.0.document.source.type: Field required"},
	{"ImageURL", content(`[{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]`),
		"This model doesn't support the source.url field. Remove source.url and try again."},
	{"ImageType", content(`[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"AA=="}}]`),
		"messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"},
	{"ImageData", content(`[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"?"}}]`),
		"messages.0.content.0.image.source.base64.data: Invalid base64 data"},
	{"SearchResultSource", content(`[{"type":"search_result","title":"a","content":[]}]`), "messages.0.content.0.search_result.source: Field required"},
	{"SearchResultTitle", content(`[{"type":"search_result","source":"a","content":[]}]`), "messages.0.content.0.search_result.title: Field required"},
	{"SearchResultContent", content(`[{"type":"search_result","source":"a","title":"b","content":"c"}]`),
		"messages.0.content.0.search_result.content: Input should be a valid list"},
	{"SearchResultImage", content(`[{"type":"search_result","source":"a","title":"b","content":[{"type":"image"}]}]`),
		"messages.0.content.0.search_result.content.0.type: Input should be 'text'"},
	{"ToolInput", content(`[{"type":"tool_use","id":"a","name":"b","input":"c"}]`),
		"messages.0.content.0.tool_use.input: Input should be a valid dictionary"},
	{"DefinedTool", with(`"tools":[{"type":"bash_20250124","name":"bash"}]`),
		"This model doesn't support the tools.0.type field. Remove tools.0.type and try again."},
	{"ToolType", with(`"tools":[{"type":"web_search_20250305","name":"web_search"}]`),
		"tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728'"},
	{"ToolMember", with(`"tools":[{"name":"a","input_schema":{},"defer_loading":true}]`),
		"tools.0.custom.defer_loading: Extra inputs are not permitted"},
	{"ToolSchema", with(`"tools":[{"name":"a"}]`), "tools.0.custom.input_schema: Field required"},
	{"ChoiceAlone", with(`"tool_choice":{"type":"auto"}`),
		"tool_choice: Field `tool_choice` may only be specified while providing `tools`."},
	{"OutputFormat", with(`"output_config":{"format":{"type":"xml"}}`), "output_config.format.type: Input should be 'json_schema'"},
}

var malformedCompletions = refused{
	{"NoMaxTokens", `{"prompt":"\n\nHuman: Hi\n\nAssistant:"}`, malformed("#: required key [max_tokens_to_sample] not found")},
	{"OtherForm", `{"prompt":"\n\nHuman: Hi\n\nAssistant:","max_tokens":3}`,
		malformed("#: required key [max_tokens_to_sample] not found", "#: extraneous key [max_tokens] is not permitted")},
	{"TopK", `{"prompt":"Hi","max_tokens_to_sample":1,"top_k":501}`, malformed("#/top_k: 501 is not less or equal to 500")},
}
