package engine

import (
	"fmt"
	"math"
	"os"
)

const (
	// minContext is the least that a shortage of memory leaves a slot by default.
	minContext = 1024
	// contextStep is what llama.cpp rounds a slot's context up to.
	contextStep = 256
	// fixedBytes is what a child needs beside its weights and its key-value cache: buffers for
	// computing (about 90 MiB were seen) and the prompt cache.
	fixedBytes = (128 + promptCacheMiB) << 20
)

// plan is how a model is run.
type plan struct {
	weights   string // path of the first file
	projector string // path, or empty
	context   int    // tokens of one slot
	slots     int
	threads   int
	embedding bool
	need      int64 // estimated memory in bytes
	control   []string
}

// makePlan decides how m is run, so that it needs at most memory bytes if its defaults can be cut
// down to that. What m asks for explicitly is obeyed.
func makePlan(m Model, files files, threads int, memory int64) (plan, error) {
	paths := files.weights
	if m.Context < 0 || m.Slots < 0 {
		return plan{}, fmt.Errorf("model %s: a negative context or number of slots", m.Weights)
	}
	meta, err := readMetadata(paths[0])
	if err != nil {
		return plan{}, fmt.Errorf("weights: %w", err)
	}
	size, err := totalSize(files.all())
	if err != nil {
		return plan{}, err
	}
	p := plan{weights: paths[0], projector: files.projector, threads: threads, embedding: m.Embedding || meta.embedding, control: meta.control}
	if !p.embedding && m.Context == 0 {
		m.Context = m.TextContext
	}
	p.context, p.slots = m.Context, m.Slots
	if p.context == 0 {
		p.context = defaultContext
		if meta.context > 0 {
			p.context = min(p.context, meta.context)
		}
		if m.Weights == DefaultEmbeddingWeights {
			p.context = defaultEmbeddingContext
		}
	}
	if p.slots == 0 {
		p.slots = defaultSlots
	}
	p.context = max(1, p.context+contextStep-1) / contextStep * contextStep
	fixed := size + fixedBytes
	if p.embedding {
		fixed -= promptCacheMiB << 20 // vectors have no prompt to keep
	}
	need := func() int64 { return addBytes(fixed, meta.kvBytes, int64(p.context)*int64(p.slots)) }
	for m.Slots == 0 && p.slots > 1 && need() > memory {
		p.slots /= 2
	}
	for m.Context == 0 && p.context/2 >= minContext && need() > memory {
		p.context = p.context / 2 / contextStep * contextStep
	}
	p.need = need()
	return p, nil
}

// addBytes returns base + each*count, at most the largest number.
func addBytes(base, each, count int64) int64 {
	if each > 0 && count > (math.MaxInt64-base)/each {
		return math.MaxInt64
	}
	return base + each*count
}

func totalSize(paths []string) (int64, error) {
	var size int64
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return 0, fmt.Errorf("weights: %w", err)
		}
		size += info.Size()
	}
	return size, nil
}
