package catalog

import (
	"slices"

	"github.com/saprolite/saprolite/internal/provider"
)

func mistral() []Model {
	instruct := Model{
		Vendor: "Mistral AI", Family: familyMistral, Converse: true, Streaming: true,
		Turns:     strictTurns(),
		Abilities: provider.Abilities{Documents: true},
	}
	small := instruct
	small.SystemPrompts = true
	small.Abilities = provider.Abilities{Tools: true}
	small.NoToolChoice, small.ToolsApart = true, true // "ToolChoice" in the API reference
	large := small
	large.Abilities.Documents = true
	pixtral := large
	pixtral.Abilities.Images = true
	pixtral.Usage.ServerTools = true
	open := openWeight()
	open.Vendor, open.Family = "Mistral AI", familyMistral
	vision := open.with(provider.Abilities{Images: true})
	magistral := vision.with(provider.Abilities{Reasoning: true})
	voxtral := open.with(provider.Abilities{Audio: true})

	return slices.Concat(
		vision.series(
			line{"mistral.mistral-large-3-675b-instruct", "Mistral Large 3", 256_000, 8_192, "on-demand"},
			line{"mistral.ministral-3-14b-instruct", "Ministral 14B 3.0", 256_000, 8_192, "on-demand"},
			line{"mistral.ministral-3-8b-instruct", "Ministral 3 8B", 256_000, 8_192, "on-demand"},
			line{"mistral.ministral-3-3b-instruct", "Ministral 3B", 256_000, 8_192, "on-demand"},
		),
		magistral.series(line{"mistral.magistral-small-2509", "Magistral Small 2509", 128_000, 40_000, "on-demand"}),
		open.series(line{"mistral.devstral-2-123b", "Devstral 2 123B", 256_000, 8_192, "on-demand"}),
		voxtral.series(
			line{"mistral.voxtral-small-24b-2507", "Voxtral Small 24B 2507", 32_000, 8_192, "on-demand"},
			line{"mistral.voxtral-mini-3b-2507", "Voxtral Mini 3B 2507", 128_000, 4_096, "on-demand"},
		),
		pixtral.series(line{"mistral.pixtral-large-2502-v1:0", "Pixtral Large (25.02)", 128_000, 8_192, "us eu"}),
		large.series(
			line{"mistral.mistral-large-2407-v1:0", "Mistral Large (24.07)", 128_000, 8_192, "on-demand"},
			line{"mistral.mistral-large-2402-v1:0", "Mistral Large (24.02)", 32_000, 8_192, "on-demand"},
		),
		small.series(line{"mistral.mistral-small-2402-v1:0", "Mistral Small (24.02)", 32_000, 8_192, "on-demand"}),
		instruct.series(
			line{"mistral.mixtral-8x7b-instruct-v0:1", "Mixtral 8x7B Instruct", 32_000, 4_096, "on-demand"},
			line{"mistral.mistral-7b-instruct-v0:2", "Mistral 7B Instruct", 32_000, 8_192, "on-demand"},
		),
	)
}
