package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Model is what the catalogue knows of one model.
type Model struct {
	// ID is the bare id, as amazon.nova-lite-v1:0.
	ID string
	// Base is the id of the model of the service that a custom model is like: the
	// one to hand to a format. For other models it is ID.
	Base string
	// Name and Vendor are the branded names, as Nova Lite and Amazon.
	Name, Vendor string
	// Family names the format of its native bodies: a folder of
	// internal/format. Empty for models without one.
	Family string
	// Custom marks a model that the service does not have.
	Custom bool
	// Legacy marks a model that the service lists as LEGACY or has retired.
	Legacy bool

	// Converse says whether the model takes conversations at all; embedding,
	// rerank, image and speech models do not.
	Converse bool
	// Abilities is what the service lets the model carry in a conversation.
	Abilities provider.Abilities
	// Streaming, SystemPrompts and CountTokens say whether the service offers
	// these for the model.
	Streaming, SystemPrompts, CountTokens bool
	// ToolStreaming says whether tools work in ConverseStream; where Tools is
	// set and this is not, they work in Converse alone.
	ToolStreaming bool
	// NoAnyChoice and NoToolChoice refuse the toolChoice any, and that of one tool.
	NoAnyChoice, NoToolChoice bool
	// ToolsApart says that a message holds nothing beside the results of tools.
	ToolsApart bool
	// S3Locations says whether media may be given as s3Location.
	S3Locations bool
	// MaxImages is how many images a request may hold; 0 is 20, as on most models.
	MaxImages int
	// MaxVideos is how many videos a request may hold; 0 is any number.
	MaxVideos int
	// LaxImages says that an image may have another format than the one it is said
	// to have.
	LaxImages bool
	// SystemTurns says whether messages may have the role system: instructions
	// in the midst of a conversation, and tools that come and go.
	SystemTurns bool
	// OnlyImageResults says that a toolResult may hold images, but no documents
	// and no videos.
	OnlyImageResults bool
	// TypedToolUse says whether the toolUse blocks of its answers carry
	// type tool_use, as those of newer Claude models do.
	TypedToolUse bool
	// Turns are the rules that the service holds conversations to.
	Turns Turns
	// CachePrefix is the least number of tokens that the service caches; 0 is
	// that of most models. See MinCachePrefix.
	CachePrefix int32
	// Usage says which counters its answers carry.
	Usage UsageStyle

	// ContextWindow and MaxOutput are in tokens; 0 is unknown.
	ContextWindow, MaxOutput int32
	// OutputWeight is how often a token of the answer counts against quotas; 0 is once.
	// See TokenWeight.
	OutputWeight int64
	// InputModalities and OutputModalities are TEXT, IMAGE, EMBEDDING and, as
	// the service has them beyond its own enumeration, VIDEO, AUDIO and SPEECH.
	InputModalities, OutputModalities []bedrock.ModelModality
	// Profiles are the prefixes of its cross-region inference profiles, as us,
	// eu and global.
	Profiles []string
	// OnDemand says whether the service takes the bare id.
	OnDemand bool
}

// TokenWeight is how often a token of the answer counts against quotas ("How tokens are
// counted in Amazon Bedrock": the burndown rate).
func (m *Model) TokenWeight() int64 { return cmp.Or(m.OutputWeight, 1) }

// MinCachePrefix is how many tokens a prompt must have up to its last cache point
// for any of it to be cached (AWS, "Prompt caching for faster model inference").
func (m *Model) MinCachePrefix() int32 { return cmp.Or(m.CachePrefix, 1024) }

// Turns are the rules about messages that differ between models.
type Turns struct {
	// UserFirst refuses a conversation that starts with an assistant message.
	UserFirst bool
	// Alternate refuses two messages of the same role in a row.
	Alternate bool
	// UserLast refuses a conversation that ends with an assistant message.
	UserLast bool
	// SystemApart says that the initial system prompt has a place of its own in the
	// native body too, so that a message of the role system may not lead, and that
	// models without SystemTurns have no such messages there either.
	SystemApart bool
	// WhiteSpace takes text blocks of white space alone, which other models
	// refuse as blank.
	WhiteSpace bool
}

// strictTurns are the rules of the models of 2024 and before.
func strictTurns() Turns { return Turns{UserFirst: true, Alternate: true, UserLast: true} }

// The modalities of the models, those beyond the service's enumeration too.
const (
	text      = bedrock.ModelModalityText
	image     = bedrock.ModelModalityImage
	embedding = bedrock.ModelModalityEmbedding
	video     = bedrock.ModelModality("VIDEO")
	audio     = bedrock.ModelModality("AUDIO")
	speech    = bedrock.ModelModality("SPEECH")
)

// Models gives the foundation models of the service, vendor by vendor. The
// values are the caller's own.
func Models() []*Model {
	all := slices.Concat(
		amazonText(), amazonOther(),
		claude(), claudeEarly(),
		ai21(), cohere(),
		meta(), mistral(),
		deepSeek(), openAI(), qwen(), openWeights(),
		writer(), stability(), twelveLabs(), luma(),
	)
	models := make([]*Model, len(all))
	for i := range all {
		models[i] = &all[i]
	}
	return models
}

// Families gives the names of the formats of native bodies, sorted.
func Families() []string {
	return []string{
		familyAI21, familyAnthropic, familyCanvas, familyChat, familyCohere, familyCohereEmbed, familyDeepSeek,
		familyLlama, familyMistral, familyNova, familyNovaEmbed, familyRerank, familyStability, familyTitan, familyTitanEmbed,
	}
}

const (
	familyAI21      = "ai21"
	familyAnthropic = "anthropic"
	familyChat      = "chat"
	familyCohere    = "cohere"
	familyDeepSeek  = "deepseek"
	familyLlama     = "llama"
	familyMistral   = "mistral"
	familyNova      = "nova"
	familyTitan     = "titan"

	familyCohereEmbed = "cohereembed"
	familyNovaEmbed   = "novaembed"
	familyTitanEmbed  = "titanembed"
	familyRerank      = "rerank"

	familyCanvas    = "canvas"
	familyStability = "stability"
)

// Embeds says whether the model turns texts into vectors, by a body that is known.
func (m *Model) Embeds() bool {
	return m.Family == familyCohereEmbed || m.Family == familyNovaEmbed || m.Family == familyTitanEmbed
}

// Reranks says whether the model ranks documents, by a body that is known.
func (m *Model) Reranks() bool { return m.Family == familyRerank }

// MakesImages says whether the model makes images, by a body that is known.
func (m *Model) MakesImages() bool { return m.Family == familyCanvas || m.Family == familyStability }

// line is one model in a table: what the models of a series differ in.
type line struct {
	id, name string
	// context and output are in tokens.
	context, output int32
	// access holds the prefixes of the model's inference profiles and, when the
	// bare id works, the word on-demand.
	access string
}

// series makes the models of the lines, which are like the shared one in all
// that a line does not say.
func (shared Model) series(lines ...line) []Model {
	models := make([]Model, len(lines))
	for i, l := range lines {
		m := shared
		m.ID, m.Base, m.Name, m.ContextWindow, m.MaxOutput = l.id, l.id, l.name, l.context, l.output
		for word := range strings.FieldsSeq(l.access) {
			if word == "on-demand" {
				m.OnDemand = true
			} else {
				m.Profiles = append(m.Profiles, word)
			}
		}
		if len(m.InputModalities) == 0 {
			m.InputModalities = inputs(m.Abilities)
		}
		if len(m.OutputModalities) == 0 {
			m.OutputModalities = []bedrock.ModelModality{text}
		}
		models[i] = m
	}
	return models
}

// inputs gives the modalities that follow from a text model's abilities.
func inputs(a provider.Abilities) []bedrock.ModelModality {
	in := []bedrock.ModelModality{text}
	if a.Images {
		in = append(in, image)
	}
	if a.Video {
		in = append(in, video)
	}
	if a.Audio {
		in = append(in, speech)
	}
	return in
}
