package catalog

import (
	"slices"

	"github.com/saprolite/saprolite/internal/provider"
)

func meta() []Model {
	llama := Model{
		Vendor: "Meta", Family: familyLlama, Converse: true, Streaming: true, SystemPrompts: true,
		Turns:     strictTurns(),
		Abilities: provider.Abilities{Documents: true},
	}
	llama2 := llama
	llama2.Legacy = true
	tools := llama
	tools.Abilities.Tools = true
	// "ToolChoice" in the API reference: of Llama's models none has any.
	tools.NoAnyChoice, tools.NoToolChoice, tools.ToolsApart = true, true, true
	legacy := llama2
	vision := legacy
	vision.NoAnyChoice, vision.NoToolChoice, vision.ToolsApart = true, true, true
	vision.Abilities = provider.Abilities{Documents: true, Tools: true, Images: true}
	llama4 := tools
	llama4.Abilities.Images = true
	llama4.Usage.ServerTools = true

	return slices.Concat(
		llama4.series(
			line{"meta.llama4-maverick-17b-instruct-v1:0", "Llama 4 Maverick 17B Instruct", 1_000_000, 8_192, "us"},
			line{"meta.llama4-scout-17b-instruct-v1:0", "Llama 4 Scout 17B Instruct", 3_500_000, 8_192, "us"},
		),
		tools.series(
			line{"meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct", 128_000, 8_192, "us"},
			line{"meta.llama3-1-405b-instruct-v1:0", "Llama 3.1 405B Instruct", 128_000, 8_192, "on-demand us"},
			line{"meta.llama3-1-70b-instruct-v1:0", "Llama 3.1 70B Instruct", 128_000, 8_192, "on-demand us"},
			line{"meta.llama3-1-8b-instruct-v1:0", "Llama 3.1 8B Instruct", 128_000, 8_192, "on-demand us"},
		),
		vision.series(
			line{"meta.llama3-2-90b-instruct-v1:0", "Llama 3.2 90B Instruct", 128_000, 4_096, "us"},
			line{"meta.llama3-2-11b-instruct-v1:0", "Llama 3.2 11B Instruct", 128_000, 4_096, "us"},
		),
		legacy.series(
			line{"meta.llama3-2-3b-instruct-v1:0", "Llama 3.2 3B Instruct", 131_000, 4_096, "us eu"},
			line{"meta.llama3-2-1b-instruct-v1:0", "Llama 3.2 1B Instruct", 131_000, 4_096, "us eu"},
		),
		llama.series(
			line{"meta.llama3-70b-instruct-v1:0", "Llama 3 70B Instruct", 8_192, 2_048, "on-demand"},
			line{"meta.llama3-8b-instruct-v1:0", "Llama 3 8B Instruct", 8_192, 2_048, "on-demand"},
		),
		llama2.series(
			line{"meta.llama2-70b-chat-v1", "Llama 2 Chat 70B", 4_096, 2_048, "on-demand"},
			line{"meta.llama2-13b-chat-v1", "Llama 2 Chat 13B", 4_096, 2_048, "on-demand"},
		),
	)
}
