package llamacpp

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// embedBatch bounds the pieces of text in one request to the engine.
const embedBatch = 64

// Embed gives the vectors of some texts. Errors are those of Converse.
//
// Texts go to the engine as tokens: so they are counted and cut exactly, and no
// text is taken for a control token. A text that is longer than the model's context
// is embedded in pieces; its vector is their mean, weighted by their tokens.
func (p *Provider) Embed(ctx context.Context, call provider.EmbedCall) (answer *provider.Embeddings, err error) {
	err = p.use(ctx, func(lease *engine.Lease) error {
		if !lease.Embedding {
			return provider.Unsupported("turn texts into vectors")
		}
		x := embedding{lease: lease}
		answer, err = x.embed(ctx, call)
		return err
	})
	return answer, err
}

// Rerank judges documents by the similarity of their vectors to the query's.
func (p *Provider) Rerank(ctx context.Context, call provider.RerankCall) ([]float64, error) {
	return provider.RankBySimilarity(ctx, p, call)
}

// embedding is one call on its way to the engine.
type embedding struct {
	lease *engine.Lease
	// before and after are the special tokens around every text.
	before, after []int32
}

// client makes a client of the paths below one. It has no connections of its own.
func (x *embedding) client(path string) *openai.Client {
	return &openai.Client{HTTP: x.lease.Client, BaseURL: x.lease.BaseURL + path, ResponseTimeout: responseTimeout}
}

// piece is a part of a text that fits the model.
type piece struct {
	text   int
	tokens []int32
}

func (x *embedding) embed(ctx context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	if err := x.findSpecial(ctx); err != nil {
		return nil, err
	}
	answer := new(provider.Embeddings)
	var pieces []piece
	for i, text := range call.Texts {
		tokens, err := x.tokens(ctx, text, bare)
		if err != nil {
			return nil, err
		}
		if tokens, err = x.truncate(tokens, call); err != nil {
			return nil, err
		}
		answer.InputTokens += int32(len(tokens) + x.special())
		if len(tokens) == 0 { // nothing that the model knows
			pieces = append(pieces, piece{text: i})
		}
		for part := range slices.Chunk(tokens, max(1, x.lease.Context-x.special())) {
			pieces = append(pieces, piece{i, part})
		}
	}
	vectors, err := x.vectors(ctx, call.Caller, pieces)
	if err != nil {
		return nil, err
	}
	answer.Vectors = means(vectors, pieces, len(call.Texts))
	return answer, nil
}

func (x *embedding) special() int { return len(x.before) + len(x.after) }

// truncate holds a text to the bound of the call, in which special tokens count.
func (x *embedding) truncate(tokens []int32, call provider.EmbedCall) ([]int32, error) {
	limit := max(1, call.MaxTokens-x.special())
	switch {
	case call.MaxTokens == 0 || len(tokens) <= limit:
		return tokens, nil
	case call.Truncate == provider.TruncateStart:
		return tokens[len(tokens)-limit:], nil
	case call.Truncate == provider.TruncateEnd:
		return tokens[:limit], nil
	}
	return nil, provider.TooManyTokens(call.MaxTokens, len(tokens)+x.special())
}

// vectors gives the vector of each piece.
func (x *embedding) vectors(ctx context.Context, caller string, pieces []piece) ([][]float32, error) {
	vectors := make([][]float32, 0, len(pieces))
	for batch := range slices.Chunk(pieces, embedBatch) {
		inputs := make([][]int32, len(batch))
		for i, p := range batch {
			inputs[i] = slices.Concat(x.before, p.tokens, x.after)
		}
		made, err := x.batch(ctx, caller, inputs)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, made...)
	}
	return vectors, nil
}

// batch gives the vectors of some inputs in one slot: between two batches, others have
// their turn.
func (x *embedding) batch(ctx context.Context, caller string, inputs [][]int32) ([][]float32, error) {
	leave, err := enter(ctx, x.lease, caller)
	if err != nil {
		return nil, err
	}
	defer leave()
	answer, err := x.client("/v1").EmbedTokens(ctx, "", inputs)
	if err != nil {
		return nil, err
	}
	return answer.Vectors, nil
}

// means gives the vector of each text: that of its one piece, or the mean of
// several, as long as theirs are.
func means(vectors [][]float32, pieces []piece, texts int) [][]float32 {
	whole := make([][]float32, texts)
	for i := 0; i < len(pieces); {
		end := i + 1
		for end < len(pieces) && pieces[end].text == pieces[i].text {
			end++
		}
		whole[pieces[i].text] = mean(vectors[i:end], pieces[i:end])
		i = end
	}
	return whole
}

func mean(vectors [][]float32, pieces []piece) []float32 {
	if len(vectors) == 1 {
		return vectors[0]
	}
	sum := make([]float64, len(vectors[0]))
	for i, v := range vectors {
		for j, x := range v {
			sum[j] += float64(x) * float64(len(pieces[i].tokens))
		}
	}
	var square float64
	for _, x := range sum {
		square += x * x
	}
	length := math.Sqrt(square)
	if length == 0 {
		length = 1
	}
	mean := make([]float32, len(sum))
	for j, x := range sum {
		mean[j] = float32(x / length)
	}
	return mean
}

// findSpecial finds out which tokens the model puts around a text.
func (x *embedding) findSpecial(ctx context.Context) error {
	const text = "a"
	inner, err := x.tokens(ctx, text, bare)
	if err != nil {
		return err
	}
	full, err := x.tokens(ctx, text, dressed)
	if err != nil {
		return err
	}
	for at := range len(full) - len(inner) + 1 {
		if slices.Equal(full[at:at+len(inner)], inner) {
			x.before, x.after = full[:at], full[at+len(inner):]
			break
		}
	}
	return nil
}

// dress says whether tokens are asked for with the special ones around the text.
type dress bool

const (
	bare    dress = false
	dressed dress = true
)

// tokens asks for those of a text. Control tokens that are written in it are text.
func (x *embedding) tokens(ctx context.Context, text string, how dress) ([]int32, error) {
	body, err := json.Marshal(map[string]any{
		"content": strings.ToValidUTF8(text, "\ufffd"), "add_special": bool(how), "parse_special": false,
	})
	if err != nil {
		return nil, err
	}
	response, err := x.client("").Post(ctx, "/tokenize", body)
	if err != nil {
		return nil, err
	}
	defer response.Close()
	if body, err = response.ReadAll(); err != nil {
		return nil, err
	}
	var answer struct {
		Tokens []int32 `json:"tokens"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, bedrock.WithCause(&bedrock.ModelErrorException{Message: messageUnexpected}, err)
	}
	return answer.Tokens, nil
}

const messageUnexpected = "The system encountered an unexpected error during processing. Try your request again."
