package engine

import (
	"bytes"
	"slices"
	"testing"
)

func TestParseMetadata(t *testing.T) {
	base := map[string]any{
		"general.architecture": "x", "x.context_length": uint32(2048), "x.block_count": uint32(3),
		"x.embedding_length": uint32(64), "x.attention.head_count": uint32(4),
	}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{base, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	tests := []struct {
		name    string
		values  map[string]any
		kvBytes int64
		control []string
	}{
		{"every head has its own keys", base, 3 * 4 * (16 + 16) * 2, nil},
		{"grouped heads", with(map[string]any{"x.attention.head_count_kv": uint32(2)}), 3 * 2 * (16 + 16) * 2, nil},
		{"by layer", with(map[string]any{"x.attention.head_count_kv": []int32{4, 0, 1}}), (4 + 0 + 1) * (16 + 16) * 2, nil},
		{"own lengths", with(map[string]any{"x.attention.key_length": uint32(128), "x.attention.value_length": uint32(64)}), 3 * 4 * (128 + 64) * 2, nil},
		{"control tokens", with(map[string]any{
			"tokenizer.ggml.tokens":     []string{"<unk>", "<s>", "a", "</s>", ""},
			"tokenizer.ggml.token_type": []int32{2, 3, 1, 3, 3},
			"tokenizer.ggml.merges":     []string{"a b", "c d"},
			"x.flags":                   []uint8{1, 2, 3},
		}), 3 * 4 * (16 + 16) * 2, []string{"<s>", "</s>"}},
	}
	for _, test := range tests {
		got, err := parseMetadata(bytes.NewReader(ggufHead(test.values)))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got.context != 2048 || got.kvBytes != test.kvBytes || !slices.Equal(got.control, test.control) {
			t.Errorf("%s: %+v, want %d bytes and %q", test.name, got, test.kvBytes, test.control)
		}
	}
}

// Weights say that they are for vectors: by what they are, or by a way of pooling.
func TestEmbeddingWeights(t *testing.T) {
	for _, test := range []struct {
		values map[string]any
		want   bool
	}{
		{map[string]any{"general.architecture": "llama", "llama.context_length": uint32(2048)}, false},
		{map[string]any{"general.architecture": "qwen3", "qwen3.pooling_type": uint32(0)}, false},
		{map[string]any{"general.architecture": "qwen3", "qwen3.pooling_type": uint32(3)}, true},
		{map[string]any{"general.architecture": "nomic-bert"}, true},
	} {
		got, err := parseMetadata(bytes.NewReader(ggufHead(test.values)))
		if err != nil || got.embedding != test.want {
			t.Errorf("%v: %t, %v", test.values, got.embedding, err)
		}
	}
}

func TestParseMetadataRefuses(t *testing.T) {
	whole := ggufHead(map[string]any{"general.architecture": "x", "x.names": []string{"one", "two"}})
	for n := range whole {
		if _, err := parseMetadata(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("the first %d of %d bytes: no error", n, len(whole))
		}
	}
	old := bytes.Clone(whole)
	old[4] = 1
	if _, err := parseMetadata(bytes.NewReader(old)); err == nil {
		t.Error("version 1: no error")
	}
}

func FuzzParseMetadata(f *testing.F) {
	f.Add(ggufHead(map[string]any{"general.architecture": "x", "x.block_count": uint32(1 << 31), "x.attention.head_count_kv": []int32{-1}}))
	f.Add(ggufHead(map[string]any{"tokenizer.ggml.tokens": []string{"<s>"}, "tokenizer.ggml.token_type": []int32{3, 3}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMetadata(bytes.NewReader(data))
		if err == nil && (m.context < 0 || m.kvBytes < 0) {
			t.Errorf("%+v", m)
		}
	})
}
