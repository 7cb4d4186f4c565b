package catalog

import (
	"slices"

	"github.com/saprolite/saprolite/internal/provider"
)

// openWeight is what the models with chat-completions bodies share. The service
// holds none of the rules about turns against them, as far as is known.
func openWeight() Model {
	return Model{
		Family: familyChat, Converse: true, Streaming: true, SystemPrompts: true, ToolStreaming: true,
		Abilities: provider.Abilities{Tools: true, StructuredOutput: true},
		Usage:     UsageStyle{ServerTools: true},
		// Chat completions have always had messages of the system anywhere.
		SystemTurns: true,
	}
}

// with adds abilities.
func (shared Model) with(more provider.Abilities) Model {
	a := &shared.Abilities
	a.Images = a.Images || more.Images
	a.Audio = a.Audio || more.Audio
	a.Reasoning = a.Reasoning || more.Reasoning
	return shared
}

// of names the vendor.
func (shared Model) of(vendor string) Model {
	shared.Vendor = vendor
	return shared
}

func deepSeek() []Model {
	r1 := Model{
		Vendor: "DeepSeek", Family: familyDeepSeek, Converse: true, Streaming: true, SystemPrompts: true,
		Abilities: provider.Abilities{Documents: true, Reasoning: true},
	}
	v3 := openWeight().of("DeepSeek").with(provider.Abilities{Reasoning: true})
	return slices.Concat(
		v3.series(
			line{"deepseek.v3.2", "DeepSeek V3.2", 163_840, 81_920, "on-demand"},
			line{"deepseek.v3-v1:0", "DeepSeek-V3.1", 163_840, 81_920, "on-demand"},
		),
		r1.series(line{"deepseek.r1-v1:0", "DeepSeek-R1", 128_000, 32_768, "us"}),
	)
}

func openAI() []Model {
	oss := openWeight().of("OpenAI").with(provider.Abilities{Reasoning: true})
	gpt := oss.with(provider.Abilities{Images: true})
	return slices.Concat(
		gpt.series(
			line{"openai.gpt-6.1-sol", "GPT-6.1 Sol", 1_000_000, 131_072, "us global"},
			line{"openai.gpt-6-astra", "GPT-6 Astra", 1_050_000, 128_000, "us global"},
			line{"openai.gpt-6-luna", "GPT-6 Luna", 1_050_000, 128_000, "us global"},
			line{"openai.gpt-6-sol", "GPT-6 Sol", 1_050_000, 128_000, "us global"},
			line{"openai.gpt-5.6-luna", "GPT-5.6 Luna", 1_050_000, 128_000, "us global"},
			line{"openai.gpt-5.6-sol", "GPT-5.6 Sol", 1_050_000, 128_000, "us global"},
			line{"openai.gpt-5.6-terra", "GPT-5.6 Terra", 1_050_000, 128_000, "us global"},
		),
		oss.series(
			line{"openai.gpt-oss-120b-1:0", "gpt-oss-120b", 128_000, 16_384, "on-demand"},
			line{"openai.gpt-oss-20b-1:0", "gpt-oss-20b", 128_000, 16_384, "on-demand"},
			line{"openai.gpt-oss-safeguard-120b", "GPT OSS Safeguard 120B", 128_000, 16_384, "on-demand"},
			line{"openai.gpt-oss-safeguard-20b", "GPT OSS Safeguard 20B", 128_000, 16_384, "on-demand"},
		),
	)
}

func qwen() []Model {
	plain := openWeight().of("Qwen")
	thinking := plain.with(provider.Abilities{Reasoning: true})
	vision := plain.with(provider.Abilities{Images: true})
	return slices.Concat(
		plain.series(
			line{"qwen.qwen3-coder-next", "Qwen3 Coder Next", 131_072, 65_536, "on-demand"},
			line{"qwen.qwen3-next-80b-a3b", "Qwen3 Next 80B A3B", 262_000, 262_000, "on-demand"},
			line{"qwen.qwen3-235b-a22b-2507-v1:0", "Qwen3 235B A22B 2507", 262_144, 131_072, "on-demand"},
			line{"qwen.qwen3-coder-480b-a35b-v1:0", "Qwen3 Coder 480B A35B Instruct", 131_072, 65_536, "on-demand"},
			line{"qwen.qwen3-coder-30b-a3b-v1:0", "Qwen3-Coder-30B-A3B-Instruct", 262_144, 131_072, "on-demand"},
		),
		thinking.series(line{"qwen.qwen3-32b-v1:0", "Qwen3 32B (dense)", 32_768, 16_384, "on-demand"}),
		vision.series(line{"qwen.qwen3-vl-235b-a22b", "Qwen3 VL 235B A22B", 262_000, 262_000, "on-demand"}),
	)
}

// openWeights are the vendors with few models.
func openWeights() []Model {
	plain := openWeight()
	thinking := plain.with(provider.Abilities{Reasoning: true})
	vision := plain.with(provider.Abilities{Images: true})
	both := thinking.with(provider.Abilities{Images: true})
	return slices.Concat(
		both.of("Moonshot AI").series(
			line{"moonshotai.kimi-k3", "Kimi K3", 262_144, 32_768, "us global"},
			line{"moonshotai.kimi-k2.5", "Kimi K2.5", 262_144, 16_384, "on-demand"},
		),
		thinking.of("Moonshot AI").series(line{"moonshot.kimi-k2-thinking", "Kimi K2 Thinking", 262_144, 16_384, "on-demand"}),
		thinking.of("Z.AI").series(
			line{"zai.glm-5.3", "GLM 5.3", 202_752, 101_376, "us global"},
			line{"zai.glm-5", "GLM 5", 202_752, 101_376, "on-demand"},
			line{"zai.glm-4.7", "GLM 4.7", 202_752, 131_072, "on-demand"},
			line{"zai.glm-4.7-flash", "GLM 4.7 Flash", 200_000, 131_072, "on-demand"},
		),
		thinking.of("MiniMax").series(
			line{"minimax.minimax-m2.5", "MiniMax M2.5", 196_608, 98_304, "on-demand"},
			line{"minimax.minimax-m2.1", "MiniMax M2.1", 204_800, 131_072, "on-demand"},
			line{"minimax.minimax-m2", "MiniMax M2", 204_608, 128_000, "on-demand"},
		),
		vision.of("Google").series(
			line{"google.gemma-3-27b-it", "Gemma 3 27B PT", 128_000, 8_192, "on-demand"},
			line{"google.gemma-3-12b-it", "Gemma 3 12B IT", 128_000, 8_192, "on-demand"},
			line{"google.gemma-3-4b-it", "Gemma 3 4B IT", 128_000, 4_096, "on-demand"},
		),
		thinking.of("NVIDIA").series(
			line{"nvidia.nemotron-super-3-120b", "NVIDIA Nemotron 3 Super 120B A12B", 262_144, 131_072, "on-demand"},
			line{"nvidia.nemotron-nano-3-30b", "Nemotron Nano 3 30B", 262_144, 32_768, "on-demand"},
			line{"nvidia.nemotron-nano-9b-v2", "NVIDIA Nemotron Nano 9B v2", 128_000, 4_096, "on-demand"},
		),
		vision.of("NVIDIA").series(
			line{"nvidia.nemotron-nano-12b-v2", "NVIDIA Nemotron Nano 12B v2 VL BF16", 128_000, 4_096, "on-demand"},
		),
		both.of("xAI").series(
			line{"xai.grok-4.7", "Grok 4.7", 1_000_000, 131_072, "us global"},
			line{"xai.grok-4.6", "Grok 4.6", 1_000_000, 131_072, "us global"},
		),
	)
}
