package prompt

import "regexp"

// The templates of the families, after their own documentation: Meta's prompt
// formats for Llama 2, 3 and 4; Mistral's tokenizer guide, whose newest form
// alone has a mark for system prompts; DeepSeek's tokenizer configuration, as
// the Bedrock user guide shows it for R1.

// Llama2 is the template of Llama 2 Chat.
var Llama2 = &Template{
	begin:     "<s>",
	between:   "<s>",
	user:      form{mark: "[INST]", lead: " ", trail: " "},
	assistant: form{mark: "[/INST]", lead: " ", trail: " ", end: "</s>"},
	inner:     &form{mark: "<<SYS>>\n", trail: "\n<</SYS>>\n\n"},
	mustOpen:  true,
	open:      "[/INST]",
	marks:     regexp.MustCompile(`\[/?INST\]`),
	special:   regexp.MustCompile(`([\[<])(\x{2060}*)(/?INST\]|<SYS>>|</SYS>>|/?s>)`),
}

// Llama3 is the template of Llama 3, 3.1, 3.2 and 3.3 Instruct.
var Llama3 = &Template{
	begin:     "<|begin_of_text|>",
	system:    form{mark: "<|start_header_id|>system<|end_header_id|>", lead: "\n\n", end: "<|eot_id|>"},
	user:      form{mark: "<|start_header_id|>user<|end_header_id|>", lead: "\n\n", end: "<|eot_id|>"},
	assistant: form{mark: "<|start_header_id|>assistant<|end_header_id|>", lead: "\n\n", end: "<|eot_id|>"},
	open:      "<|start_header_id|>assistant<|end_header_id|>\n\n",
	marks:     regexp.MustCompile(`<\|start_header_id\|>(?:system|user|assistant)<\|end_header_id\|>`),
	special:   regexp.MustCompile(`(<)(\x{2060}*)(\|)`),
}

// Llama4 is the template of Llama 4 Instruct.
var Llama4 = &Template{
	begin:     "<|begin_of_text|>",
	system:    form{mark: "<|header_start|>system<|header_end|>", lead: "\n\n", end: "<|eot|>"},
	user:      form{mark: "<|header_start|>user<|header_end|>", lead: "\n\n", end: "<|eot|>"},
	assistant: form{mark: "<|header_start|>assistant<|header_end|>", lead: "\n\n", end: "<|eot|>"},
	open:      "<|header_start|>assistant<|header_end|>\n\n",
	marks:     regexp.MustCompile(`<\|header_start\|>(?:system|user|assistant)<\|header_end\|>`),
	special:   Llama3.special,
}

// Mistral is the template of Mistral's instruct models.
var Mistral = &Template{
	begin:     "<s>",
	system:    form{mark: "[SYSTEM_PROMPT]", lead: " ", end: "[/SYSTEM_PROMPT]"},
	user:      form{mark: "[INST]", lead: " ", trail: " "},
	assistant: form{mark: "[/INST]", lead: " ", end: "</s>"},
	mustOpen:  true,
	open:      "[/INST]",
	marks:     regexp.MustCompile(`\[/?INST\]|\[SYSTEM_PROMPT\]`),
	special:   regexp.MustCompile(`([\[<])(\x{2060}*)(/?INST\]|/?SYSTEM_PROMPT\]|/?s>)`),
}

// DeepSeek is the template of DeepSeek R1, whose answers begin inside their
// reasoning.
var DeepSeek = &Template{
	begin:     "<｜begin▁of▁sentence｜>",
	preamble:  true,
	user:      form{mark: "<｜User｜>"},
	assistant: form{mark: "<｜Assistant｜>", end: "<｜end▁of▁sentence｜>"},
	open:      "<｜Assistant｜><think>\n",
	marks:     regexp.MustCompile(`<｜(?:User|Assistant)｜>`),
	special:   regexp.MustCompile(`(<)(\x{2060}*)(｜|think>)`),
}

// Titan is the dialogue form of the Titan Text user guide, where each turn is a
// paragraph behind a name.
var Titan = labels("Bot")

// Command is the same for Cohere Command, which calls itself Chatbot.
var Command = labels("Chatbot")

// Claude is the dialogue of Anthropic's text completions. What stands ahead of
// its first turn is the system prompt.
var Claude = &Template{
	begin:     "\n\n",
	preamble:  true,
	system:    form{trail: "\n\n"},
	user:      form{mark: "Human:", lead: " ", trail: "\n\n"},
	assistant: form{mark: "Assistant:", lead: " ", trail: "\n\n"},
	mustOpen:  true,
	open:      "Assistant:",
	marks:     regexp.MustCompile(`(?m)^(?:Human|Assistant):`),
	special:   regexp.MustCompile(`(?m)(^(?:Human|Assistant))(\x{2060}*)(:)`),
}

func labels(assistant string) *Template {
	names := `System|User|` + assistant
	return &Template{
		preamble:  true,
		system:    form{mark: "System:", lead: " ", trail: "\n\n"},
		user:      form{mark: "User:", lead: " ", trail: "\n\n"},
		assistant: form{mark: assistant + ":", lead: " ", trail: "\n\n"},
		mustOpen:  true,
		open:      assistant + ":",
		marks:     regexp.MustCompile(`(?m)^(?:` + names + `):`),
		special:   regexp.MustCompile(`(?m)(^(?:` + names + `))(\x{2060}*)(:)`),
	}
}
