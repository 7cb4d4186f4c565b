package engine

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// metadata is what the engine wants to know of weights before it runs them.
type metadata struct {
	// context is the length in tokens that the model was trained for, 0 when it is not told.
	context int
	// kvBytes is the memory of one token in the key-value cache, at two bytes a value.
	kvBytes int64
	// embedding says that the model makes vectors.
	embedding bool
	// control are the texts of the control tokens.
	control []string
}

// readMetadata reads the head of the GGUF file at path (the format is described in
// docs/gguf.md of the project ggml).
func readMetadata(path string) (metadata, error) {
	f, err := os.Open(path)
	if err != nil {
		return metadata{}, err
	}
	defer f.Close()
	m, err := parseMetadata(f)
	if err != nil {
		return metadata{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Bounds of a head, far above any real one.
const (
	maxHeadBytes = 512 << 20
	maxHeadKeys  = 1 << 16
	maxArray     = 1 << 22
	maxKey       = 1 << 16
	maxText      = 1 << 22
)

// Types of values in a head.
const (
	ggufString = 8
	ggufArray  = 9
)

// ggufWidth is the length in bytes of a value of each fixed type; 0 where there is no such type.
var ggufWidth = [...]int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

// controlToken is the token type of texts that only a template writes.
const controlToken = 3

var errNotGGUF = errors.New("not a GGUF file of version 2 or 3")

func parseMetadata(r io.Reader) (metadata, error) {
	g := &ggufReader{r: bufio.NewReaderSize(io.LimitReader(r, maxHeadBytes), 1<<16)}
	if magic := g.bytes(4); string(magic) != "GGUF" {
		return metadata{}, errNotGGUF
	}
	if version := g.uint(4); version < 2 || version > 3 {
		return metadata{}, errNotGGUF
	}
	g.uint(8) // number of tensors
	keys := g.uint(8)
	if g.err == nil && keys > maxHeadKeys {
		return metadata{}, fmt.Errorf("%d keys in the head", keys)
	}
	head := head{numbers: map[string][]uint64{}}
	for range keys {
		if g.err != nil {
			break
		}
		g.entry(&head)
	}
	if g.err != nil {
		return metadata{}, fmt.Errorf("read the head: %w", g.err)
	}
	return head.metadata(), nil
}

// encoders are the architectures of llama.cpp that make vectors alone.
var encoders = []string{
	"bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "modern-bert", "neo-bert", "eurobert",
	"gemma-embedding", "t5encoder",
}

// head holds the values of a head that matter: whole numbers, and the vocabulary.
type head struct {
	architecture string
	numbers      map[string][]uint64
	tokens       []string
}

func (h head) metadata() metadata {
	number := func(key string) uint64 {
		if values := h.numbers[h.architecture+"."+key]; len(values) > 0 {
			return min(values[0], 1<<31)
		}
		return 0
	}
	m := metadata{context: int(number("context_length"))}
	layers, heads := min(number("block_count"), 1<<16), number("attention.head_count")
	headSize := uint64(0)
	if heads > 0 {
		headSize = number("embedding_length") / heads
	}
	valuesOfHead := orElse(number("attention.key_length"), headSize) + orElse(number("attention.value_length"), headSize)
	kvHeads := h.numbers[h.architecture+".attention.head_count_kv"]
	for layer := range int(layers) {
		n := heads
		if len(kvHeads) > 0 { // one for all layers, or one for each
			n = kvHeads[min(layer, len(kvHeads)-1)]
		}
		m.kvBytes += 2 * int64(min(n, 1<<16)*min(valuesOfHead, 1<<16))
	}
	// A way of pooling is told of models that were trained for vectors, whatever they
	// were made from: 0 is none, the others are the mean, the first token, the last.
	m.embedding = slices.Contains(encoders, h.architecture) || number("pooling_type") > 0
	for i, kind := range h.numbers["tokenizer.ggml.token_type"] {
		if kind == controlToken && i < len(h.tokens) && h.tokens[i] != "" {
			m.control = append(m.control, strings.Clone(h.tokens[i]))
		}
	}
	return m
}

func orElse(n, otherwise uint64) uint64 {
	if n == 0 {
		return otherwise
	}
	return n
}

// ggufReader reads values one after the other until one fails.
type ggufReader struct {
	r   *bufio.Reader
	err error
	buf [8]byte
}

func (g *ggufReader) bytes(n int) []byte {
	if g.err != nil {
		return nil
	}
	b := make([]byte, n)
	if _, g.err = io.ReadFull(g.r, b); g.err != nil {
		return nil
	}
	return b
}

// uint reads a little-endian number of the given width in bytes.
func (g *ggufReader) uint(width int) uint64 {
	if g.err != nil {
		return 0
	}
	g.buf = [8]byte{}
	_, g.err = io.ReadFull(g.r, g.buf[:width])
	return binary.LittleEndian.Uint64(g.buf[:])
}

// length reads a length that must not exceed limit.
func (g *ggufReader) length(limit uint64) int {
	n := g.uint(8)
	if g.err == nil && n > limit {
		g.err = fmt.Errorf("a length of %d", n)
	}
	if g.err != nil {
		return 0
	}
	return int(n)
}

func (g *ggufReader) text(limit uint64) string { return string(g.bytes(g.length(limit))) }

func (g *ggufReader) skip(n int) {
	if g.err == nil {
		_, g.err = g.r.Discard(n)
	}
}

// width returns the length of a fixed type.
func (g *ggufReader) width(kind uint64) int {
	if kind < uint64(len(ggufWidth)) && ggufWidth[kind] > 0 {
		return ggufWidth[kind]
	}
	if g.err == nil {
		g.err = fmt.Errorf("a value of type %d", kind)
	}
	return 0
}

// entry reads one key and its value.
func (g *ggufReader) entry(h *head) {
	key := g.text(maxKey)
	kind := g.uint(4)
	switch {
	case kind == ggufString:
		if value := g.text(maxText); key == "general.architecture" {
			h.architecture = value
		}
	case kind == ggufArray:
		g.array(h, key)
	default:
		h.numbers[key] = []uint64{g.uint(g.width(kind))}
	}
}

func (g *ggufReader) array(h *head, key string) {
	kind, n := g.uint(4), g.length(maxArray)
	if kind == ggufString {
		wanted := key == "tokenizer.ggml.tokens"
		for range n {
			if g.err != nil {
				return
			}
			if wanted {
				h.tokens = append(h.tokens, g.text(maxText))
			} else {
				g.skip(g.length(maxText))
			}
		}
		return
	}
	width := g.width(kind)
	if key != "tokenizer.ggml.token_type" && !strings.HasSuffix(key, ".attention.head_count_kv") {
		g.skip(n * width)
		return
	}
	var values []uint64
	for range n {
		if g.err != nil {
			return
		}
		values = append(values, g.uint(width))
	}
	h.numbers[key] = values
}
