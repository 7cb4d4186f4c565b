package convert

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHalf(t *testing.T) {
	for _, test := range []struct {
		in   float32
		want uint16
	}{
		{0, 0}, {float32(math.Copysign(0, -1)), 0x8000}, {1, 0x3c00}, {-2, 0xc000}, {0.1, 0x2e66},
		{65504, 0x7bff}, {65519.996, 0x7bff}, {65520, 0x7c00}, {1e9, 0x7c00}, {float32(math.Inf(-1)), 0xfc00},
		{float32(math.NaN()), 0x7e00},
		{6.1035156e-5, 0x0400}, {6.097555e-5, 0x03ff}, {5.9604645e-8, 0x0001}, {2.9802322e-8, 0x0000}, {2.9802326e-8, 0x0001},
		{1.00048828125, 0x3c00}, {1.00146484375, 0x3c02}, {1.9999999, 0x4000},
	} {
		if got := half(test.in); got != test.want {
			t.Errorf("half(%v) = %#04x, want %#04x", test.in, got, test.want)
		}
	}
}

// TestHalfOrder walks all half-precision numbers: each comes back from the number
// that it stands for.
func TestHalfOrder(t *testing.T) {
	for h := range uint16(0x7c00) {
		exponent, fraction := int(h>>10), float64(h&0x3ff)
		value := math.Ldexp(fraction, -24)
		if exponent > 0 {
			value = math.Ldexp(1024+fraction, exponent-25)
		}
		if got := half(float32(value)); got != h {
			t.Fatalf("half(%v) = %#04x, want %#04x", value, got, h)
		}
	}
}

// model writes the smallest encoder into a folder and lets a test spoil a file.
func model(t *testing.T, spoil func(files map[string]string)) string {
	t.Helper()
	folder := t.TempDir()
	files := map[string]string{
		"config.json":           `{"model_type":"bert","hidden_act":"gelu","hidden_size":2,"intermediate_size":4,"layer_norm_eps":1e-12,"max_position_embeddings":3,"num_attention_heads":1,"num_hidden_layers":1,"type_vocab_size":2,"vocab_size":7}`,
		"1_Pooling/config.json": `{"pooling_mode_mean_tokens":true}`,
		"tokenizer_config.json": `{"do_lower_case":true}`,
		"vocab.txt":             "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\neat\n##ing\n",
		"model.safetensors":     string(weights(t, shapes())),
	}
	if spoil != nil {
		spoil(files)
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func shapes() map[string][]uint64 {
	shapes := map[string][]uint64{
		"embeddings.word_embeddings.weight": {7, 2}, "embeddings.position_embeddings.weight": {3, 2},
		"embeddings.token_type_embeddings.weight": {2, 2}, "pooler.dense.weight": {2, 2},
	}
	for name, in := range map[string][2]uint64{
		"embeddings.LayerNorm": {2, 0}, "encoder.layer.0.attention.self.query": {2, 2}, "encoder.layer.0.attention.self.key": {2, 2},
		"encoder.layer.0.attention.self.value": {2, 2}, "encoder.layer.0.attention.output.dense": {2, 2},
		"encoder.layer.0.attention.output.LayerNorm": {2, 0}, "encoder.layer.0.intermediate.dense": {4, 2},
		"encoder.layer.0.output.dense": {2, 4}, "encoder.layer.0.output.LayerNorm": {2, 0},
	} {
		shapes[name+".bias"], shapes[name+".weight"] = []uint64{in[0]}, []uint64{in[0]}
		if in[1] > 0 {
			shapes[name+".weight"] = []uint64{in[0], in[1]}
		}
	}
	return shapes
}

// weights makes a file of weights whose every value is 1.
func weights(t *testing.T, shapes map[string][]uint64) []byte {
	t.Helper()
	head, offset := map[string]any{"__metadata__": map[string]string{"format": "pt"}}, uint64(0)
	for name, shape := range shapes {
		end := offset + bytesOf(shape)
		head[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []uint64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	file = append(file, text...)
	for range offset / 4 {
		file = binary.LittleEndian.AppendUint32(file, math.Float32bits(1))
	}
	return file
}

func TestBERT(t *testing.T) {
	var once, again bytes.Buffer
	for _, out := range []*bytes.Buffer{&once, &again} {
		if err := BERT(t.Context(), model(t, nil), out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.HasPrefix(once.Bytes(), []byte("GGUF\x03\x00\x00\x00")) {
		t.Errorf("the file begins with %q", once.Bytes()[:8])
	}
	// The order of the weights in their file is another one each time.
	if !bytes.Equal(once.Bytes(), again.Bytes()) {
		t.Error("the same model became two files")
	}
	for _, want := range []string{"\u2581eat", "ing", "[CLS]", "blk.0.ffn_up.weight", "tokenizer.ggml.seperator_token_id"} {
		if !bytes.Contains(once.Bytes(), append(binary.LittleEndian.AppendUint64(nil, uint64(len(want))), want...)) {
			t.Errorf("the file lacks %q", want)
		}
	}
	if once.Len()%alignment != 0 {
		t.Errorf("the last tensor is not padded: %d bytes", once.Len())
	}
}

func TestBERTRefuses(t *testing.T) {
	replace := func(name, old, new string) func(map[string]string) {
		return func(files map[string]string) { files[name] = strings.Replace(files[name], old, new, 1) }
	}
	for _, test := range []struct {
		name, want string
		spoil      func(map[string]string)
	}{
		{"another kind", "is no BERT", replace("config.json", `"bert"`, `"llama"`)},
		{"relative positions", "is no BERT", replace("config.json", `{`, `{"position_embedding_type":"relative_key",`)},
		{"upper case", "upper case", replace("tokenizer_config.json", "true", "false")},
		{"another pooling", "pooling", replace("1_Pooling/config.json", "mean_tokens", "max_tokens")},
		{"no layers", "no size", replace("config.json", `"num_hidden_layers":1`, `"num_hidden_layers":0`)},
		{"words", "7", replace("vocab.txt", "eat\n", "")},
		{"a weight less", "there is no encoder.layer.1", replace("config.json", `"num_hidden_layers":1`, `"num_hidden_layers":2`)},
		{"a weight more", "no place for", replace("model.safetensors", "pooler", "poller")},
		{"type", "F32", replace("model.safetensors", "F32", "F64")},
		{"cut off", "", func(files map[string]string) { files["model.safetensors"] = files["model.safetensors"][:100] }},
		{"no vocabulary", "vocab.txt", func(files map[string]string) { delete(files, "vocab.txt") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := BERT(t.Context(), model(t, test.spoil), new(bytes.Buffer))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v does not say %q", err, test.want)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := BERT(ended, model(t, nil), new(bytes.Buffer)); err != context.Canceled {
		t.Errorf("%v with a context that has ended", err)
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add([]byte("\x40\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}          ` + "\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, err := readTensors(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		for _, one := range tensors {
			if one.offset < 8 || one.size < 0 || one.offset+one.size > int64(len(file)) {
				t.Errorf("%s lies outside of the file: %+v", one.name, one)
			}
		}
	})
}
