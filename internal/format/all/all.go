// Package all is the list of the formats, those of vectors and rankings too, by the families that the catalogue
// names.
package all

import (
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/ai21"
	"github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/format/canvas"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/cohere"
	"github.com/saprolite/saprolite/internal/format/cohereembed"
	"github.com/saprolite/saprolite/internal/format/deepseek"
	"github.com/saprolite/saprolite/internal/format/llama"
	"github.com/saprolite/saprolite/internal/format/mistral"
	"github.com/saprolite/saprolite/internal/format/nova"
	"github.com/saprolite/saprolite/internal/format/novaembed"
	"github.com/saprolite/saprolite/internal/format/rerank"
	"github.com/saprolite/saprolite/internal/format/stability"
	"github.com/saprolite/saprolite/internal/format/titan"
	"github.com/saprolite/saprolite/internal/format/titanembed"
)

// Formats gives every format under the name of its family, which is that of its
// folder.
func Formats() map[string]format.Format {
	return map[string]format.Format{
		"ai21":      ai21.New(),
		"anthropic": anthropic.New(),
		"chat":      chat.New(),
		"cohere":    cohere.New(),
		"deepseek":  deepseek.New(),
		"llama":     llama.New(),
		"mistral":   mistral.New(),
		"nova":      nova.New(),
		"titan":     titan.New(),
	}
}

// Embeddings gives the formats of the models that turn texts into vectors.
func Embeddings() map[string]format.Embedding {
	return map[string]format.Embedding{
		"cohereembed": cohereembed.New(),
		"novaembed":   novaembed.New(),
		"titanembed":  titanembed.New(),
	}
}

// Images gives the formats of the models that make images.
func Images() map[string]format.Images {
	return map[string]format.Images{
		"canvas":    canvas.New(),
		"stability": stability.New(),
	}
}

// Rankings gives the formats of the models that rank documents.
func Rankings() map[string]format.Ranking {
	return map[string]format.Ranking{"rerank": rerank.New()}
}
