package pipeline

import (
	"fmt"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document"
)

// The words around documents. Models of all families know tags of this kind.
const (
	noText = "[This document holds no text that can be read. Its pages may be images.]\n"
	// quoteIt makes an answer citable: citations are found by exact quotation.
	quoteIt = "When your answer draws on this, quote its exact words.\n"
)

// documentText is what a model reads of a document.
func documentText(block *bedrock.DocumentBlock, text *document.Text, cited bool) string {
	var all strings.Builder
	all.WriteString("<document")
	attribute(&all, "name", block.Name)
	all.WriteString(">\n")
	if block.Context != nil && *block.Context != "" {
		all.WriteString("<context>" + *block.Context + "</context>\n")
	}
	holds := false
	for i, part := range text.Parts {
		if text.Unit == document.Pages && len(text.Parts) > 1 {
			fmt.Fprintf(&all, "[page %d]\n", i+1)
		}
		all.WriteString(part)
		if !strings.HasSuffix(part, "\n") {
			all.WriteByte('\n')
		}
		holds = holds || strings.TrimSpace(part) != ""
	}
	if !holds {
		all.WriteString(noText)
	}
	all.WriteString("</document>\n")
	if cited {
		all.WriteString(quoteIt)
	}
	return all.String()
}

// searchResultText is what a model reads of a search result.
func searchResultText(block *bedrock.SearchResultBlock, cited bool) string {
	var all strings.Builder
	all.WriteString("<search_result")
	attribute(&all, "title", block.Title)
	attribute(&all, "source", block.Source)
	all.WriteString(">\n")
	for _, content := range block.Content {
		all.WriteString(value(content.Text) + "\n")
	}
	all.WriteString("</search_result>\n")
	if cited {
		all.WriteString(quoteIt)
	}
	return all.String()
}

func attribute(to *strings.Builder, name string, text *string) {
	if text != nil && *text != "" {
		fmt.Fprintf(to, " %s=%q", name, *text)
	}
}
