package formattest

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// words are what generated text is made of: the pieces that JSON, prompts and
// careless slicing trip over.
var words = []string{
	"granite", "schist", "Zürich", "東京", "🪨", "👩‍👩‍👧", "e\u0301", "\u2028", "\\n", `"quoted"`,
	"<b>&amp;</b>", "{\"a\":1}", "null", "tab\there", "line\nbreak", "\x01", "\u007f", "%3A", "</s",
}

// markers are pieces of the families' own templates, which are plain text to
// every body that is no prompt.
var markers = []string{"\n\nHuman:", "\n\nAssistant:", "[INST]", "<|eot_id|>", "User:", "  ", "\n"}

// generator makes conversations that a format says it carries.
type generator struct {
	random  *rand.Rand
	carries Carries
}

func newGenerator(c Carries, seed uint64) *generator {
	return &generator{random: rand.New(rand.NewPCG(seed, 1)), carries: c}
}

func (g *generator) often() bool { return g.random.IntN(2) == 0 }

func (g *generator) text() string {
	vocabulary := words
	if !g.carries.Prompt {
		vocabulary = append(vocabulary[:len(vocabulary):len(vocabulary)], markers...)
	}
	parts := make([]string, 1+g.random.IntN(8))
	for i := range parts {
		parts[i] = vocabulary[g.random.IntN(len(vocabulary))]
	}
	text := strings.Join(parts, " ")
	if strings.TrimSpace(text) == "" || g.carries.Prompt {
		text = "a" + text + "z"
	}
	return text
}

// conversation makes one that ends with a turn of the user, or of the assistant
// where that is carried.
func (g *generator) conversation() *bedrock.ConverseRequest {
	c := &bedrock.ConverseRequest{InferenceConfig: g.inferenceConfig()}
	if g.carries.System && g.often() {
		c.System = []bedrock.SystemContentBlock{{Text: new(g.text())}}
	}
	turns := 1
	if g.carries.Turns {
		turns += 2 * g.random.IntN(3)
	}
	if g.carries.Prefill && g.often() {
		turns++
	}
	for i := range turns {
		role := []bedrock.ConversationRole{bedrock.ConversationRoleUser, bedrock.ConversationRoleAssistant}[i%2]
		c.Messages = append(c.Messages, g.message(role))
	}
	if n := len(g.carries.Extras); n > 0 && g.often() {
		c.AdditionalModelRequestFields = json.RawMessage(g.carries.Extras[g.random.IntN(n)])
	}
	return c
}

func (g *generator) message(role bedrock.ConversationRole) bedrock.Message {
	blocks := 1
	if !g.carries.Prompt {
		blocks += g.random.IntN(3)
	}
	m := bedrock.Message{Role: role}
	for range blocks {
		m.Content = append(m.Content, bedrock.ContentBlock{Text: new(g.text())})
	}
	return m
}

func (g *generator) inferenceConfig() *bedrock.InferenceConfiguration {
	var c bedrock.InferenceConfiguration
	if g.carries.MaxTokens || g.often() {
		c.MaxTokens = new(1 + g.random.Int32N(4096))
	}
	if g.often() {
		c.Temperature = new(float32(g.random.IntN(101)) / 100)
	}
	if g.often() {
		c.TopP = new(float32(1+g.random.IntN(99)) / 100)
	}
	if g.carries.StopSequences && g.often() {
		c.StopSequences = []string{g.text(), "###"}[:1+g.random.IntN(2)]
	}
	if c.MaxTokens == nil && c.Temperature == nil && c.TopP == nil && c.StopSequences == nil {
		return nil
	}
	return &c
}
