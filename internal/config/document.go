package config

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Document is a policy document in JSON. In the file it stands as keys and values,
// or as a text.
type Document string

// policyDocument writes keys and values as JSON, each value as a text: the policy
// language takes texts everywhere, and YAML would make dates of its versions.
func (d *decoder) policyDocument(n *yaml.Node, target *Document, key string) {
	if n.Kind == yaml.ScalarNode {
		*target = Document(n.Value)
		return
	}
	var text bytes.Buffer
	if err := writeJSON(&text, n, 0); err != nil {
		d.fail(key, err.Error(), "write the policy as JSON in a text instead")
		return
	}
	*target = Document(text.String())
}

// maxDocumentDepth and maxDocument, in bytes, bound documents, which in YAML may refer
// to themselves, and many times to their parts. IAM's longest have 10 KiB.
const (
	maxDocumentDepth = 8
	maxDocument      = 256 << 10
)

func writeJSON(w *bytes.Buffer, n *yaml.Node, depth int) error {
	if depth > maxDocumentDepth {
		return fmt.Errorf("the document is deeper than %d", maxDocumentDepth)
	}
	if w.Len() > maxDocument {
		return fmt.Errorf("the document is longer than %d bytes", maxDocument)
	}
	n = target(n)
	switch n.Kind {
	case yaml.MappingNode:
		w.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				w.WriteByte(',')
			}
			writeText(w, target(n.Content[i]).Value)
			w.WriteByte(':')
			if err := writeJSON(w, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
		w.WriteByte('}')
	case yaml.SequenceNode:
		w.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := writeJSON(w, item, depth+1); err != nil {
				return err
			}
		}
		w.WriteByte(']')
	default:
		writeText(w, n.Value)
	}
	return nil
}

func writeText(w *bytes.Buffer, s string) {
	// A string always has a form in JSON.
	text, _ := json.Marshal(s)
	w.Write(text)
}
