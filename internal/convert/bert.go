// Package convert makes GGUF files, which llama.cpp loads, of sentence encoders of
// the BERT kind as sentence-transformers saves them: a folder with config.json,
// vocab.txt, model.safetensors and 1_Pooling/config.json.
//
// The same folder always becomes the same bytes, so that a result can be pinned by
// its checksum. The names of tensors and keys are those of llama.cpp's own
// convert_hf_to_gguf.py, the formats are described in ggml's docs/gguf.md and in
// the README of huggingface/safetensors.
package convert

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// BERT writes the model in the folder as a GGUF file, its matrices in half
// precision. An encoder of another kind, or one that llama.cpp would run in another
// way than its makers, is an error.
func BERT(ctx context.Context, folder string, w io.Writer) error {
	m, err := readEncoder(folder)
	if err != nil {
		return err
	}
	weights, err := openSafetensors(filepath.Join(folder, "model.safetensors"))
	if err != nil {
		return err
	}
	defer weights.close()
	tensors, err := m.tensors(weights)
	if err != nil {
		return err
	}
	out := &writer{w: w}
	out.head(m.keys(), tensors)
	for _, t := range tensors {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := out.data(t, weights); err != nil {
			return fmt.Errorf("%s: %w", t.source.name, err)
		}
	}
	return out.err
}

// encoder is what the files beside the weights say of a model.
type encoder struct {
	ModelType    string  `json:"model_type"`
	Activation   string  `json:"hidden_act"`
	Position     string  `json:"position_embedding_type"`
	Hidden       uint32  `json:"hidden_size"`
	Intermediate uint32  `json:"intermediate_size"`
	Epsilon      float32 `json:"layer_norm_eps"`
	Positions    uint32  `json:"max_position_embeddings"`
	Heads        uint32  `json:"num_attention_heads"`
	Layers       uint32  `json:"num_hidden_layers"`
	Types        uint32  `json:"type_vocab_size"`
	Words        uint32  `json:"vocab_size"`

	pooling pooling
	vocab   []string
}

// pooling says what of the last layer becomes the vector.
type pooling struct {
	Mean bool `json:"pooling_mode_mean_tokens"`
	CLS  bool `json:"pooling_mode_cls_token"`
	Max  bool `json:"pooling_mode_max_tokens"`
	Sqrt bool `json:"pooling_mode_mean_sqrt_len_tokens"`
}

// maxLayers is far above any real number.
const maxLayers = 1 << 10

func readEncoder(folder string) (*encoder, error) {
	m := &encoder{Position: "absolute"}
	tokenizer := struct {
		Lower bool `json:"do_lower_case"`
	}{true}
	for name, into := range map[string]any{
		"config.json": m, filepath.Join("1_Pooling", "config.json"): &m.pooling, "tokenizer_config.json": &tokenizer,
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "vocab.txt"))
	if err != nil {
		return nil, err
	}
	m.vocab = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	switch {
	case m.ModelType != "bert" || m.Activation != "gelu" || m.Position != "absolute":
		return nil, fmt.Errorf("a model of type %q with activation %q and %q positions is no BERT", m.ModelType, m.Activation, m.Position)
	case !tokenizer.Lower:
		return nil, fmt.Errorf("the model tells upper case from lower, which llama.cpp does not for BERT")
	case m.pooling.Max || m.pooling.Sqrt || m.pooling.Mean == m.pooling.CLS:
		return nil, fmt.Errorf("pooling is neither the mean nor the first token")
	case m.Layers == 0 || m.Layers > maxLayers || m.Heads == 0 || m.Hidden == 0:
		return nil, fmt.Errorf("config.json tells no size")
	case len(m.vocab) != int(m.Words):
		return nil, fmt.Errorf("vocab.txt has %d words, config.json says %d", len(m.vocab), m.Words)
	}
	return m, nil
}

// Values of llama.cpp's enumerations.
const (
	poolingMean = 1
	poolingCLS  = 2

	fileTypeF16 = 1

	tokenNormal  = 1
	tokenControl = 3
)

// keys are the metadata, in order.
func (m *encoder) keys() []key {
	pooling := uint32(poolingMean)
	if m.pooling.CLS {
		pooling = poolingCLS
	}
	keys := []key{
		{"general.architecture", "bert"},
		{"general.file_type", uint32(fileTypeF16)},
		{"bert.block_count", m.Layers},
		{"bert.context_length", m.Positions},
		{"bert.embedding_length", m.Hidden},
		{"bert.feed_forward_length", m.Intermediate},
		{"bert.attention.head_count", m.Heads},
		{"bert.attention.layer_norm_epsilon", m.Epsilon},
		{"bert.attention.causal", false},
		{"bert.pooling_type", pooling},
		{"tokenizer.ggml.model", "bert"},
		{"tokenizer.ggml.pre", "default"},
		{"tokenizer.ggml.token_type_count", m.Types},
	}
	return append(keys, m.vocabulary()...)
}

// vocabulary gives the words as llama.cpp wants them: those that begin a word
// carry a mark in front, those that continue one none.
func (m *encoder) vocabulary() []key {
	special := map[string]string{
		"[PAD]": "padding", "[UNK]": "unknown", "[CLS]": "cls", "[SEP]": "seperator", "[MASK]": "mask",
	}
	var keys []key
	tokens, types := make([]string, len(m.vocab)), make([]int32, len(m.vocab))
	for i, word := range m.vocab {
		types[i] = tokenNormal
		rest, continues := strings.CutPrefix(word, "##")
		switch name := special[word]; {
		case name != "":
			tokens[i], types[i] = word, tokenControl
			keys = append(keys, key{"tokenizer.ggml." + name + "_token_id", uint32(i)})
		case continues:
			tokens[i] = rest
		case strings.HasPrefix(word, "[") && strings.HasSuffix(word, "]"):
			tokens[i] = word
		default:
			tokens[i] = "\u2581" + word
		}
	}
	return append(keys, key{"tokenizer.ggml.tokens", tokens}, key{"tokenizer.ggml.token_type", types})
}

// tensors pairs what llama.cpp wants with what the weights hold, in the order of
// the result.
func (m *encoder) tensors(weights *safetensors) ([]tensor, error) {
	names := map[string]string{
		"embeddings.word_embeddings.weight":       "token_embd.weight",
		"embeddings.position_embeddings.weight":   "position_embd.weight",
		"embeddings.token_type_embeddings.weight": "token_types.weight",
	}
	both := func(from, to string) {
		names[from+".weight"], names[from+".bias"] = to+".weight", to+".bias"
	}
	both("embeddings.LayerNorm", "token_embd_norm")
	for i := range m.Layers {
		from, to := fmt.Sprintf("encoder.layer.%d.", i), fmt.Sprintf("blk.%d.", i)
		both(from+"attention.self.query", to+"attn_q")
		both(from+"attention.self.key", to+"attn_k")
		both(from+"attention.self.value", to+"attn_v")
		both(from+"attention.output.dense", to+"attn_output")
		both(from+"attention.output.LayerNorm", to+"attn_output_norm")
		both(from+"intermediate.dense", to+"ffn_up")
		both(from+"output.dense", to+"ffn_down")
		both(from+"output.LayerNorm", to+"layer_output_norm")
	}
	var tensors []tensor
	for _, stored := range weights.tensors {
		name, known := names[stored.name]
		if !known {
			if strings.HasPrefix(stored.name, "pooler.") || stored.name == "embeddings.position_ids" {
				continue // of no use to a vector
			}
			return nil, fmt.Errorf("model.safetensors: there is no place for %s", stored.name)
		}
		delete(names, stored.name)
		tensors = append(tensors, tensor{name: name, source: stored, half: isMatrix(name, stored)})
	}
	for missing := range names {
		return nil, fmt.Errorf("model.safetensors: there is no %s", missing)
	}
	slices.SortFunc(tensors, func(a, b tensor) int { return strings.Compare(a.name, b.name) })
	return tensors, nil
}

// isMatrix says whether a tensor is multiplied with, or looked up in the
// vocabulary: llama.cpp wants the small ones in full precision.
func isMatrix(name string, stored stored) bool {
	return len(stored.shape) == 2 && name != "position_embd.weight" && name != "token_types.weight"
}
