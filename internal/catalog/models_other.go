package catalog

import (
	"slices"

	"github.com/saprolite/saprolite/internal/provider"
)

func ai21() []Model {
	jurassic := Model{
		Vendor: "AI21 Labs", Family: familyAI21, Converse: true, Legacy: true, Turns: strictTurns(),
	}
	instruct := jurassic
	instruct.Streaming, instruct.SystemPrompts = true, true
	jamba := instruct
	jamba.Legacy = false
	jamba.ToolStreaming, jamba.NoAnyChoice, jamba.NoToolChoice = true, true, true
	jamba.Abilities = provider.Abilities{Documents: true, Tools: true}
	return slices.Concat(
		jamba.series(
			line{"ai21.jamba-1-5-large-v1:0", "Jamba 1.5 Large", 256_000, 4_096, "on-demand"},
			line{"ai21.jamba-1-5-mini-v1:0", "Jamba 1.5 Mini", 256_000, 4_096, "on-demand"},
		),
		instruct.series(line{"ai21.jamba-instruct-v1:0", "Jamba-Instruct", 256_000, 4_096, "on-demand"}),
		jurassic.series(
			line{"ai21.j2-ultra-v1", "J2 Ultra", 8_191, 8_191, "on-demand"},
			line{"ai21.j2-mid-v1", "J2 Mid", 8_191, 8_191, "on-demand"},
		),
	)
}

func cohere() []Model {
	light := Model{
		Vendor: "Cohere", Family: familyCohere, Converse: true, Legacy: true, Streaming: true,
		Turns: strictTurns(),
	}
	command := light
	command.Abilities = provider.Abilities{Documents: true}
	r := command
	r.SystemPrompts, r.ToolStreaming = true, true
	r.Abilities.Tools, r.NoAnyChoice, r.NoToolChoice = true, true, true
	vectors := Model{Vendor: "Cohere", Family: familyCohereEmbed}
	ranks := Model{Vendor: "Cohere", Family: familyRerank}
	return slices.Concat(
		r.series(
			line{"cohere.command-r-plus-v1:0", "Command R+", 128_000, 4_096, "on-demand"},
			line{"cohere.command-r-v1:0", "Command R", 128_000, 4_096, "on-demand"},
		),
		command.series(line{"cohere.command-text-v14", "Command", 4_096, 4_096, "on-demand"}),
		light.series(line{"cohere.command-light-text-v14", "Command Light", 4_096, 4_096, "on-demand"}),
		vectors.embeds(text, image).series(line{"cohere.embed-v4:0", "Embed v4", 128_000, 0, "on-demand us eu global"}),
		vectors.embeds(text).series(
			line{"cohere.embed-english-v3", "Embed English", 512, 0, "on-demand"},
			line{"cohere.embed-multilingual-v3", "Embed Multilingual", 512, 0, "on-demand"},
		),
		ranks.makes(text, text).series(line{"cohere.rerank-v3-5:0", "Rerank 3.5", 4_096, 0, "on-demand"}),
	)
}

func writer() []Model {
	palmyra := Model{
		Vendor: "Writer", Family: familyChat, Converse: true, Streaming: true, SystemPrompts: true,
		Abilities: provider.Abilities{Documents: true, Tools: true},
		Usage:     UsageStyle{ServerTools: true},
	}
	vision := palmyra
	vision.Abilities = provider.Abilities{Images: true}
	return slices.Concat(
		palmyra.series(
			line{"writer.palmyra-x5-v1:0", "Palmyra X5", 1_000_000, 8_192, "us"},
			line{"writer.palmyra-x4-v1:0", "Palmyra X4", 128_000, 8_192, "us"},
		),
		vision.series(line{"writer.palmyra-vision-7b", "Writer Palmyra Vision 7B", 0, 0, "on-demand"}),
	)
}

func stability() []Model {
	images := Model{Vendor: "Stability AI", Family: familyStability}
	// The body of the retired model is one of its own.
	retired := Model{Vendor: "Stability AI", Legacy: true}
	return slices.Concat(
		retired.makes(image, text, image).series(line{"stability.stable-diffusion-xl-v1", "SDXL 1.0", 0, 0, "on-demand"}),
		images.makes(image, text, image).series(
			line{"stability.sd3-5-large-v1:0", "Stable Diffusion 3.5 Large", 0, 0, "on-demand"},
			line{"stability.sd3-large-v1:0", "SD3 Large 1.0", 0, 0, "on-demand"},
			line{"stability.stable-creative-upscale-v1:0", "Stable Image Creative Upscale", 0, 0, "us"},
			line{"stability.stable-conservative-upscale-v1:0", "Stable Image Conservative Upscale", 0, 0, "us"},
			line{"stability.stable-fast-upscale-v1:0", "Stable Image Fast Upscale", 0, 0, "us"},
			line{"stability.stable-image-control-sketch-v1:0", "Stable Image Control Sketch", 0, 0, "us"},
			line{"stability.stable-image-control-structure-v1:0", "Stable Image Control Structure", 0, 0, "us"},
			line{"stability.stable-image-erase-object-v1:0", "Stable Image Erase Object", 0, 0, "us"},
			line{"stability.stable-image-inpaint-v1:0", "Stable Image Inpaint", 0, 0, "us"},
			line{"stability.stable-image-remove-background-v1:0", "Stable Image Remove Background", 0, 0, "us"},
			line{"stability.stable-image-search-recolor-v1:0", "Stable Image Search and Recolor", 0, 0, "us"},
			line{"stability.stable-image-search-replace-v1:0", "Stable Image Search and Replace", 0, 0, "us"},
			line{"stability.stable-image-style-guide-v1:0", "Stable Image Style Guide", 0, 0, "us"},
			line{"stability.stable-outpaint-v1:0", "Stable Image Outpaint", 0, 0, "us"},
			line{"stability.stable-style-transfer-v1:0", "Stable Image Style Transfer", 0, 0, "us"},
		),
		images.makes(image, text).series(
			line{"stability.stable-image-core-v1:1", "Stable Image Core 1.0", 0, 0, "on-demand"},
			line{"stability.stable-image-core-v1:0", "Stable Image Core 1.0", 0, 0, "on-demand"},
			line{"stability.stable-image-ultra-v1:0", "Stable Image Ultra 1.0", 0, 0, "on-demand"},
			line{"stability.stable-image-ultra-v1:1", "Stable Image Ultra 1.0", 0, 0, "on-demand"},
		),
	)
}

func twelveLabs() []Model {
	pegasus := Model{Vendor: "TwelveLabs", Streaming: true}
	marengo := Model{Vendor: "TwelveLabs"}
	return slices.Concat(
		pegasus.makes(text, text, video).series(
			line{"twelvelabs.pegasus-1-2-v1:0", "Pegasus v1.2", 0, 4_096, "on-demand us eu apac global"},
		),
		marengo.embeds(text, image, speech, video).series(
			line{"twelvelabs.marengo-embed-3-0-v1:0", "Marengo Embed 3.0", 0, 0, "on-demand us eu apac"},
			line{"twelvelabs.marengo-embed-2-7-v1:0", "Marengo Embed v2.7", 0, 0, "us eu apac"},
		),
	)
}

func luma() []Model {
	return Model{Vendor: "Luma AI"}.makes(video, text, image).series(
		line{"luma.ray-v2:0", "Ray v2", 0, 0, "on-demand"},
	)
}
