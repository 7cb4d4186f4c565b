package script

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

// block is a block of a reply as the file has it.
type block struct {
	kind blockKind
	// chunks are the deltas of a text whose cuts are chosen; otherwise text is
	// cut into tokens. Of a toolUse block text is the input.
	text   string
	chunks []string
	// signature ends a reasoning block, name and id are a toolUse block's.
	signature, name, id string
}

type blockKind int

const (
	textBlock blockKind = iota
	reasoningBlock
	toolBlock
)

// readReply reads a reply: one text, one block, or a list of either.
func readReply(node *yaml.Node) ([]block, error) {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	var blocks []block
	for _, n := range nodes {
		b, err := readBlock(resolve(n))
		if err != nil {
			return nil, at(n, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func readBlock(node *yaml.Node) (block, error) {
	var b block
	if node.Kind == yaml.ScalarNode {
		return b, intoText(&b.text)(node)
	}
	kinds := 0
	is := func(kind blockKind, read func(*yaml.Node) error) func(*yaml.Node) error {
		return func(node *yaml.Node) error {
			b.kind = kind
			kinds++
			return read(node)
		}
	}
	err := keys{
		"text":      is(textBlock, intoText(&b.text)),
		"chunks":    is(textBlock, func(node *yaml.Node) error { return readChunks(node, &b.chunks) }),
		"reasoning": is(reasoningBlock, intoText(&b.text)),
		"signature": intoText(&b.signature),
		"toolUse":   is(toolBlock, b.readToolUse),
	}.read(node, "a block")
	switch {
	case err != nil:
	case kinds != 1:
		err = mistake(node, "a block has one of text, chunks, reasoning and toolUse")
	case b.signature != "" && b.kind != reasoningBlock:
		err = mistake(node, "only reasoning has a signature")
	}
	return b, err
}

func readChunks(node *yaml.Node, chunks *[]string) error {
	if node.Kind != yaml.SequenceNode {
		return mistake(node, "chunks must be a list of texts")
	}
	for _, n := range node.Content {
		chunk, err := scalar(resolve(n))
		if err != nil {
			return err
		}
		*chunks = append(*chunks, chunk)
	}
	return nil
}

// readToolUse reads a call of a tool. An input that is a text is sent as it
// stands, JSON or not.
func (b *block) readToolUse(node *yaml.Node) error {
	b.text = "{}"
	var input json.RawMessage
	err := keys{
		"name": intoText(&b.name),
		"id":   intoText(&b.id),
		"input": func(node *yaml.Node) error {
			if node.Kind == yaml.ScalarNode {
				return intoText(&b.text)(node)
			}
			err := intoObject(&input)(node)
			b.text = string(input)
			return err
		},
	}.read(node, "toolUse")
	if err == nil && b.name == "" {
		err = mistake(node, "toolUse must have a name")
	}
	return err
}

// part is a block that is ready to be sent: its deltas.
type part struct {
	block
	tokens []string
}

// parts makes the reply ready for the request.
func (m *match) parts() []part {
	ready := make([]part, 0, len(m.reply))
	for i, b := range m.reply {
		p := part{block: b}
		for _, chunk := range b.chunks {
			p.tokens = append(p.tokens, expand(chunk, m.names))
		}
		switch {
		case b.chunks != nil:
		case b.kind == toolBlock:
			p.tokens = split(expandInput(b.text, m.names))
			if p.id == "" {
				// As long as the service's own, and unlike in each turn.
				p.id = fmt.Sprintf("tooluse_scriptTurn%05dBlock%02d", m.turn, i)
			}
		default:
			p.tokens = split(expand(b.text, m.names))
		}
		ready = append(ready, p)
	}
	return ready
}

// name is the place of a name in a text. Text that has ${...} of another name
// keeps it.
const name = `\$\{([A-Za-z0-9_]+)\}`

// expand puts the values of names in their places.
func expand(text string, names map[string]string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return regexp.MustCompile(name).ReplaceAllStringFunc(text, func(place string) string {
		if value, ok := names[place[2:len(place)-1]]; ok {
			return value
		}
		return place
	})
}

// expandInput does so within the JSON of an input.
func expandInput(input string, names map[string]string) string {
	quoted := make(map[string]string, len(names))
	for name, value := range names {
		text, _ := jsontext.AppendQuote(nil, value) // invalid UTF-8 is replaced
		quoted[name] = string(text[1 : len(text)-1])
	}
	return expand(input, quoted)
}
