package openai

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// reasoningSwitch is what a request says about reasoning, in the words of any of the
// service's model families.
type reasoningSwitch struct {
	// on is nil where nothing is said.
	on *bool
	// effort is low, medium or high, or empty where nothing is said.
	effort string
}

// thinkingConfig is the object by which Claude and Nova are told to reason: Claude's
// thinking (reasoning_config as well) and Nova's reasoningConfig.
type thinkingConfig struct {
	// Type is enabled, adaptive or disabled.
	Type         string         `json:"type"`
	BudgetTokens *int64         `json:"budget_tokens"`
	MaxEffort    string         `json:"maxReasoningEffort"`
	Rest         jsontext.Value `json:",embed"`
}

// takeThinking takes what the families of the service say about reasoning out of
// additional fields. What is in none of their forms stays, for the server that it
// is meant for.
func takeThinking(fields map[string]jsontext.Value) reasoningSwitch {
	// Betas are switches of Anthropic's own service.
	delete(fields, "anthropic_beta")
	var said reasoningSwitch
	for _, name := range [...]string{"thinking", "reasoning_config", "reasoningConfig"} {
		value, ok := fields[name]
		if !ok {
			continue
		}
		if t, known := parseThinking(value); known {
			said = t
			delete(fields, name)
		}
	}
	return said
}

// parseThinking reads a value. Qwen's and DeepSeek's reasoning_config is an effort.
func parseThinking(value jsontext.Value) (t reasoningSwitch, known bool) {
	if value.Kind() == '"' {
		effort := text(value)
		on := effort != "none" && effort != "disabled"
		if !on {
			effort = ""
		}
		return reasoningSwitch{&on, commonEffort(effort)}, true
	}
	var config thinkingConfig
	if err := json.Unmarshal(value, &config, lenient); err != nil {
		return t, false
	}
	switch {
	case config.Type == "disabled":
		return reasoningSwitch{on: new(false)}, true
	case config.Type == "adaptive":
		return reasoningSwitch{on: new(true)}, true
	case config.Type == "enabled" && config.BudgetTokens != nil:
		return reasoningSwitch{new(true), budgetEffort(*config.BudgetTokens)}, true
	case config.Type == "enabled" && config.MaxEffort != "":
		return reasoningSwitch{new(true), commonEffort(config.MaxEffort)}, true
	}
	// Without either, it is the word of other vendors' servers.
	return t, false
}

// budgetEffort is the effort for a number of tokens: open models have no budgets.
// Claude's least one is 1,024, and 16,000 is its documentation's first advice.
func budgetEffort(tokens int64) string {
	switch {
	case tokens <= 2048:
		return "low"
	case tokens < 16_000:
		return "medium"
	}
	return "high"
}

// commonEffort is an effort in the words that all servers have.
func commonEffort(effort string) string {
	if effort == "xhigh" || effort == "max" {
		return "high"
	}
	return effort
}

// setThinking words it for open servers: reasoning_effort for the models that know
// efforts, as gpt-oss, and the variables of the chat templates that know only on and
// off: enable_thinking of Qwen3 and GLM, thinking of DeepSeek and Granite. What the
// request says itself in these words stays.
func (b Body) setThinking(t reasoningSwitch) {
	if t.effort != "" && b["reasoning_effort"] == nil {
		b["reasoning_effort"] = t.effort
	}
	if t.on == nil {
		return
	}
	kwargs := map[string]any{"enable_thinking": *t.on, "thinking": *t.on}
	if own, ok := b["chat_template_kwargs"].(jsontext.Value); ok && json.Unmarshal(own, &kwargs, lenient) != nil {
		return // the server refuses what is no object
	}
	b["chat_template_kwargs"] = kwargs
}
