package openai

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

const (
	// maxDimensions bounds a vector, far above any real one.
	maxDimensions = 1 << 16
	// shortenings bounds the attempts at a text that a server finds too long.
	shortenings = 24
)

// Embed asks for vectors at /embeddings. The server is not asked for a number of
// dimensions: those who cannot vary it refuse, and where a model was trained for
// fewer, they are the first ones of the whole vector.
//
// Only the server knows its tokens, so MaxTokens is left to it: of a text that it
// finds too long, and that may be truncated, quarters are left out until it fits.
func (c *Client) Embed(ctx context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	answer, err := c.embed(ctx, call.Model, call.Texts)
	if call.Truncate == provider.TruncateNone || !isTooLong(err) {
		return answer, err
	}
	whole := new(provider.Embeddings)
	for _, text := range call.Texts {
		one, err := c.embedShortened(ctx, call, text)
		if err != nil {
			return nil, err
		}
		whole.Vectors = append(whole.Vectors, one.Vectors...)
		whole.InputTokens += one.InputTokens
	}
	return whole, c.checkVectors(whole.Vectors, len(call.Texts))
}

// embedShortened leaves out as much of a text as it must.
func (c *Client) embedShortened(ctx context.Context, call provider.EmbedCall, text string) (*provider.Embeddings, error) {
	characters := []rune(text)
	for n := 1; ; n++ {
		answer, err := c.embed(ctx, call.Model, []string{string(characters)})
		if n == shortenings || len(characters) < 2 || !isTooLong(err) {
			return answer, err
		}
		less := max(1, len(characters)/4)
		if call.Truncate == provider.TruncateStart {
			characters = characters[less:]
		} else {
			characters = characters[:len(characters)-less]
		}
	}
}

func isTooLong(err error) bool {
	invalid, ok := errors.AsType[*bedrock.ValidationException](err)
	return ok && invalid.Message == messageTooLong
}

// EmbedTokens asks for the vectors of texts that are tokens already, special ones
// included, as llama.cpp and vLLM take them. Errors are those of Embed.
func (c *Client) EmbedTokens(ctx context.Context, model string, inputs [][]int32) (*provider.Embeddings, error) {
	return c.embed(ctx, model, inputs)
}

// embed makes one request. The inputs are a slice.
func (c *Client) embed(ctx context.Context, model string, inputs any) (*provider.Embeddings, error) {
	var answer struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
		Usage struct {
			PromptTokens int32 `json:"prompt_tokens"`
		} `json:"usage"`
	}
	if err := c.exchange(ctx, c.BaseURL+"/embeddings", map[string]any{"model": model, "input": inputs}, &answer); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(answer.Data))
	for _, one := range answer.Data {
		// llama.cpp gives them in the order in which it was done with them.
		if one.Index < 0 || one.Index >= len(vectors) || vectors[one.Index] != nil {
			return nil, c.invalid(fmt.Errorf("an embedding of index %d among %d", one.Index, len(vectors)))
		}
		vectors[one.Index] = one.Embedding
	}
	return &provider.Embeddings{Vectors: vectors, InputTokens: answer.Usage.PromptTokens}, c.checkVectors(vectors, lengthOf(inputs))
}

func lengthOf(inputs any) int {
	switch inputs := inputs.(type) {
	case []string:
		return len(inputs)
	case [][]int32:
		return len(inputs)
	}
	return -1
}

// checkVectors holds vectors to what provider.Embeddings promises.
func (c *Client) checkVectors(vectors [][]float32, want int) error {
	if len(vectors) != want {
		return c.invalid(fmt.Errorf("%d embeddings for %d texts", len(vectors), want))
	}
	for _, v := range vectors {
		if len(v) == 0 || len(v) > maxDimensions || len(v) != len(vectors[0]) {
			return c.invalid(fmt.Errorf("an embedding of %d dimensions beside one of %d", len(v), len(vectors[0])))
		}
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return c.invalid(errors.New("an embedding that is not finite"))
			}
		}
	}
	return nil
}

// exchange posts a request and reads the answer.
func (c *Client) exchange(ctx context.Context, url string, request, answer any) error {
	body, err := json.Marshal(request, lenient)
	if err != nil {
		return c.invalid(err)
	}
	response, err := c.send(ctx, "POST", url, nil, body)
	if err != nil {
		return err
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer, lenient); err != nil {
		return c.invalid(err)
	}
	return nil
}
