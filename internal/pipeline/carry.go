package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/provider"
)

// carryTime bounds the reading of all documents of a request.
const carryTime = 30 * time.Second

// carried is a request as a provider of text can carry it.
type carried struct {
	request *bedrock.ConverseRequest
	// sources is what the answer may cite.
	sources []source
}

// carry gives the request as the provider can carry it: where it knows no
// documents, the text stands in place of documents and search results, and of
// earlier answers that cite; where it knows plain ones, the others become plain.
// The error carries a bedrock.Exception.
func (r *Route) carry(ctx context.Context, req *bedrock.ConverseRequest) (carried, error) {
	own := r.own()
	if r.documents == nil || own.Documents && !own.PlainDocuments || !holdsDocuments(req) {
		return carried{request: req}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// A native stream counts the tokens of the request that it answers: its
	// documents are read once.
	if r.of == req {
		return r.carried, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, carryTime, document.ErrTooLarge)
	defer cancel()
	w := &rewriting{ctx: ctx, documents: r.documents, plain: own.Documents}
	rewritten := *req
	rewritten.Messages = slices.Clone(req.Messages)
	for i := range rewritten.Messages {
		content, err := w.message(i, rewritten.Messages[i].Content)
		if err != nil {
			return carried{}, err
		}
		rewritten.Messages[i].Content = content
	}
	r.of, r.carried = req, carried{&rewritten, w.sources}
	return r.carried, nil
}

func holdsDocuments(req *bedrock.ConverseRequest) bool {
	return slices.ContainsFunc(req.Messages, func(m bedrock.Message) bool {
		return slices.ContainsFunc(m.Content, func(block bedrock.ContentBlock) bool {
			return block.Document != nil || block.SearchResult != nil || block.CitationsContent != nil ||
				block.ToolResult != nil && slices.ContainsFunc(block.ToolResult.Content, func(content bedrock.ToolResultContentBlock) bool {
					return content.Document != nil || content.SearchResult != nil
				})
		})
	})
}

// rewriting puts text in place of documents.
type rewriting struct {
	ctx       context.Context
	documents *document.Extractor
	// plain says that documents stay documents, and become plain ones.
	plain   bool
	sources []source
	// read and found count the documents and the search results before.
	read, found int32
}

// message gives the content of a message with text in place of documents.
func (w *rewriting) message(i int, content []bedrock.ContentBlock) ([]bedrock.ContentBlock, error) {
	content = slices.Clone(content)
	for j := range content {
		block := &content[j]
		at := fmt.Sprintf("messages.%d.content.%d", i, j)
		switch {
		case block.Document != nil:
			made, err := w.document(block.Document, at)
			if err != nil {
				return nil, err
			}
			*block = bedrock.ContentBlock{Text: made.Text, Document: made.Document}
		case block.SearchResult != nil && !w.plain:
			*block = bedrock.ContentBlock{Text: new(w.searchResult(block.SearchResult))}
		case block.CitationsContent != nil && !w.plain:
			*block = bedrock.ContentBlock{Text: new(conversation.CitedText(block.CitationsContent))}
		case block.ToolResult != nil:
			result, err := w.toolResult(block.ToolResult, at)
			if err != nil {
				return nil, err
			}
			*block = bedrock.ContentBlock{ToolResult: result}
		}
	}
	// An answer that cited may have said nothing beside; blank text is refused.
	return slices.DeleteFunc(content, func(block bedrock.ContentBlock) bool { return block.Text != nil && *block.Text == "" }), nil
}

func (w *rewriting) toolResult(result *bedrock.ToolResultBlock, at string) (*bedrock.ToolResultBlock, error) {
	rewritten := *result
	rewritten.Content = slices.Clone(result.Content)
	for k := range rewritten.Content {
		content := &rewritten.Content[k]
		switch {
		case content.Document != nil:
			made, err := w.document(content.Document, fmt.Sprintf("%s.toolResult.content.%d", at, k))
			if err != nil {
				return nil, err
			}
			*content = made
		case content.SearchResult != nil && !w.plain:
			*content = bedrock.ToolResultContentBlock{Text: new(w.searchResult(content.SearchResult))}
		}
	}
	return &rewritten, nil
}

// document gives what stands in place of a document, its text or a plain
// document, and notes what of the text may be cited.
func (w *rewriting) document(block *bedrock.DocumentBlock, at string) (made bedrock.ToolResultContentBlock, err error) {
	index := w.read
	w.read++
	if w.plain && isPlain(block) {
		return bedrock.ToolResultContentBlock{Document: block}, nil
	}
	text, err := w.readDocument(block, at)
	if err != nil {
		return made, err
	}
	if w.plain {
		plain := *block
		plain.Format = bedrock.DocumentFormatTxt
		plain.Source = &bedrock.DocumentSource{Text: new(strings.Join(text.Parts, "\n"))}
		return bedrock.ToolResultContentBlock{Document: &plain}, nil
	}
	cited := enabled(block.Citations)
	if cited {
		for i, part := range text.Parts {
			w.sources = append(w.sources, documentSource(value(block.Name), index, text.Unit, i, part))
		}
	}
	return bedrock.ToolResultContentBlock{Text: new(documentText(block, text, cited))}, nil
}

// isPlain says whether a document is pdf, or text as it stands.
func isPlain(block *bedrock.DocumentBlock) bool {
	from := block.Source
	return from != nil && (from.Text != nil || from.Content != nil || from.Bytes != nil &&
		(block.Format == bedrock.DocumentFormatPdf || block.Format == bedrock.DocumentFormatTxt && utf8.Valid(from.Bytes)))
}

// readDocument reads one document.
func (w *rewriting) readDocument(block *bedrock.DocumentBlock, at string) (*document.Text, error) {
	from := block.Source
	switch {
	case from == nil:
		return &document.Text{}, nil
	case from.Text != nil:
		return &document.Text{Parts: []string{*from.Text}}, nil
	case from.Content != nil:
		text := &document.Text{Unit: document.Chunks}
		for _, chunk := range from.Content {
			text.Parts = append(text.Parts, value(chunk.Text))
		}
		return text, nil
	case from.S3Location != nil:
		return nil, &bedrock.ValidationException{Message: "This model doesn't support the s3Uri field. Remove s3Uri and try again."}
	}
	format := block.Format
	if format == "" {
		format = bedrock.DocumentFormatTxt // the model's default
	}
	text, err := w.documents.Extract(w.ctx, format, from.Bytes)
	switch {
	case errors.Is(err, document.ErrTooLarge):
		return nil, bedrock.WithCause(&bedrock.ValidationException{
			Message: "The maximum document size is 4.5 MB. Reduce the size of your document and retry your request.",
		}, err)
	case errors.Is(err, document.ErrMalformed):
		return nil, bedrock.WithCause(&bedrock.ValidationException{
			Message: fmt.Sprintf("The model returned the following errors: %s.source.bytes: The document source bytes could not be parsed as the specified format. "+
				"If using a text-based format, try source.text instead of source.bytes.", at),
		}, err)
	case err != nil:
		return nil, provider.EndedError(err)
	}
	return text, nil
}

func (w *rewriting) searchResult(block *bedrock.SearchResultBlock) string {
	index := w.found
	w.found++
	cited := enabled(block.Citations)
	if cited {
		for i, content := range block.Content {
			w.sources = append(w.sources, searchSource(block, index, i, value(content.Text)))
		}
	}
	return searchResultText(block, cited)
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func enabled(config *bedrock.CitationsConfig) bool {
	return config != nil && config.Enabled != nil && *config.Enabled
}
