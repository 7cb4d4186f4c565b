package catalog

import (
	"slices"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

func amazonText() []Model {
	nova := Model{
		Vendor: "Amazon", Family: familyNova, Converse: true,
		Streaming: true, SystemPrompts: true, ToolStreaming: true, OnlyImageResults: true,
		Turns:     Turns{UserFirst: true, Alternate: true},
		Usage:     UsageStyle{ServerTools: true, Cache: CacheWhenUsed, Native: CacheAlways},
		Abilities: provider.Abilities{Tools: true, CachePoints: true},
	}
	vision := nova
	vision.S3Locations = true
	vision.MaxVideos = 1 // "Video understanding" in the documentation of Nova
	vision.Abilities = provider.Abilities{Tools: true, CachePoints: true, Images: true, Documents: true, Video: true}
	reasoning := vision
	reasoning.Abilities.Reasoning = true
	reasoning.Abilities.SystemTools = true
	premier := vision
	premier.Legacy = true

	// The recorded conversations of Titan Text have two user turns in a row.
	titan := Model{
		Vendor: "Amazon", Family: familyTitan, Converse: true, Streaming: true, Legacy: true,
		Turns:     Turns{UserFirst: true, UserLast: true},
		Abilities: provider.Abilities{Documents: true},
	}
	titanBare := titan
	titanBare.Abilities = provider.Abilities{}

	return slices.Concat(
		reasoning.series(line{"amazon.nova-2-lite-v1:0", "Nova 2 Lite", 1_000_000, 65_535, "us eu jp global"}),
		premier.series(line{"amazon.nova-premier-v1:0", "Nova Premier", 1_000_000, 32_000, "us"}),
		vision.series(
			line{"amazon.nova-pro-v1:0", "Nova Pro", 300_000, 10_000, "on-demand us eu apac"},
			line{"amazon.nova-lite-v1:0", "Nova Lite", 300_000, 10_000, "on-demand us eu apac ca"},
		),
		nova.series(line{"amazon.nova-micro-v1:0", "Nova Micro", 128_000, 10_000, "on-demand us eu apac"}),
		titanBare.series(
			line{"amazon.titan-tg1-large", "Titan Text Large", 8_000, 8_000, "on-demand"},
			line{"amazon.titan-text-premier-v1:0", "Titan Text G1 - Premier", 32_000, 3_072, "on-demand"},
		),
		titan.series(
			line{"amazon.titan-text-express-v1", "Titan Text G1 - Express", 8_192, 8_192, "on-demand"},
			line{"amazon.titan-text-lite-v1", "Titan Text G1 - Lite", 4_096, 4_096, "on-demand"},
		),
	)
}

func amazonOther() []Model {
	amazon := Model{Vendor: "Amazon"}
	titan := Model{Vendor: "Amazon", Family: familyTitanEmbed}
	nova := Model{Vendor: "Amazon", Family: familyNovaEmbed}
	ranks := Model{Vendor: "Amazon", Family: familyRerank}
	canvas := Model{Vendor: "Amazon", Family: familyCanvas}
	return slices.Concat(
		titan.embeds(text).series(
			line{"amazon.titan-embed-text-v1", "Titan Embeddings G1 - Text", 8_192, 0, "on-demand"},
			line{"amazon.titan-embed-g1-text-02", "Titan Text Embeddings v2", 8_192, 0, "on-demand"},
			line{"amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", 8_192, 0, "on-demand"},
		),
		titan.embeds(text, image).series(
			line{"amazon.titan-embed-image-v1", "Titan Multimodal Embeddings G1", 128, 0, "on-demand"},
		),
		nova.embeds(text, image, audio, video).series(
			line{"amazon.nova-2-multimodal-embeddings-v1:0", "Amazon Nova Multimodal Embeddings", 8_192, 0, "on-demand"},
		),
		canvas.makes(image, text, image).series(
			line{"amazon.nova-canvas-v1:0", "Nova Canvas", 0, 0, "on-demand"},
			line{"amazon.titan-image-generator-v1", "Titan Image Generator G1", 0, 0, "on-demand"},
			line{"amazon.titan-image-generator-v2:0", "Titan Image Generator G1 v2", 0, 0, "on-demand"},
		),
		amazon.makes(video, text, image).series(
			line{"amazon.nova-reel-v1:0", "Nova Reel", 0, 0, "on-demand"},
			line{"amazon.nova-reel-v1:1", "Nova Reel", 0, 0, "on-demand"},
		),
		amazon.speaks().series(
			line{"amazon.nova-sonic-v1:0", "Nova Sonic", 300_000, 0, "on-demand"},
			line{"amazon.nova-2-sonic-v1:0", "Nova 2 Sonic", 1_000_000, 0, "on-demand"},
		),
		ranks.makes(text, text).series(line{"amazon.rerank-v1:0", "Rerank 1.0", 32_000, 0, "on-demand"}),
	)
}

// embeds makes the model one that turns the modalities into vectors.
func (shared Model) embeds(from ...bedrock.ModelModality) Model {
	return shared.makes(embedding, from...)
}

// makes makes the model one that makes something of the modalities, and is no
// model for conversations.
func (shared Model) makes(what bedrock.ModelModality, from ...bedrock.ModelModality) Model {
	shared.InputModalities = from
	shared.OutputModalities = []bedrock.ModelModality{what}
	return shared
}

// speaks makes the model one for spoken conversations.
func (shared Model) speaks() Model {
	shared.InputModalities = []bedrock.ModelModality{speech}
	shared.OutputModalities = []bedrock.ModelModality{speech, text}
	shared.Streaming = true
	return shared
}
