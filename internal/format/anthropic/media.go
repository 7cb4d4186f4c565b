package anthropic

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

type imageBlock struct {
	Type   string  `json:"type"`
	Source *source `json:"source"`
	cached
}

type documentBlock struct {
	Type      string           `json:"type"`
	Source    *source          `json:"source"`
	Title     *string          `json:"title,omitzero"`
	Context   *string          `json:"context,omitzero"`
	Citations *citationsConfig `json:"citations,omitzero"`
	cached
}

type citationsConfig struct {
	Enabled *bool `json:"enabled,omitzero"`
}

// source is where an image or a document is: in data, which is base64 or text
// by the type, or in content blocks. By URL or file it cannot be carried.
type source struct {
	Type      string         `json:"type,omitzero"`
	MediaType string         `json:"media_type,omitzero"`
	Data      *string        `json:"data,omitzero"`
	Content   jsontext.Value `json:"content,omitzero"`
	URL       *string        `json:"url,omitzero"`
	FileID    *string        `json:"file_id,omitzero"`
}

// bytes reads base64 data.
func (s *source) bytes(place string) ([]byte, error) {
	if s.Data == nil {
		return nil, invalid(place+".base64.data", required)
	}
	var data []byte
	quoted, err := jsontext.AppendQuote(nil, *s.Data)
	if err == nil {
		err = json.Unmarshal(quoted, &data)
	}
	if err != nil || len(data) == 0 {
		return nil, invalid(place+".base64.data", "Invalid base64 data")
	}
	return data, nil
}

func base64Of(mediaType string, data []byte) (*source, error) {
	quoted, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	return &source{Type: "base64", MediaType: mediaType, Data: new(string(quoted[1 : len(quoted)-1]))}, nil
}

func parseImage(place string, raw jsontext.Value) (block bedrock.ContentBlock, cache *cacheControl, err error) {
	native, err := decode[imageBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.Source == nil:
		return block, nil, invalid(place+".source", required)
	case native.Source.Type == "url" || native.Source.Type == "file":
		return block, nil, schema.Unsupported("source." + native.Source.Type)
	case native.Source.Type != "base64":
		return block, nil, unknownSource(place, native.Source, "base64", "file", "url")
	}
	format, ok := strings.CutPrefix(native.Source.MediaType, "image/")
	switch bedrock.ImageFormat(format) {
	case bedrock.ImageFormatPng, bedrock.ImageFormatJpeg, bedrock.ImageFormatGif, bedrock.ImageFormatWebp:
	default:
		ok = false
	}
	if !ok {
		return block, nil, invalid(place+".source.base64.media_type",
			"Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'")
	}
	data, err := native.Source.bytes(place + ".source")
	if err != nil {
		return block, nil, err
	}
	block.Image = &bedrock.ImageBlock{Format: bedrock.ImageFormat(format), Source: &bedrock.ImageSource{Bytes: data}}
	return block, native.CacheControl, nil
}

func unknownSource(place string, s *source, expected ...string) error {
	if s.Type == "" {
		return invalid(place+".source.type", required)
	}
	return unknownTag(place+".source", s.Type, expected...)
}

func parseDocument(place string, raw jsontext.Value) (block bedrock.ContentBlock, cache *cacheControl, err error) {
	native, err := decode[documentBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.Source == nil:
		return block, nil, invalid(place+".source", required)
	}
	document := &bedrock.DocumentBlock{Name: native.Title, Context: native.Context}
	if native.Citations != nil {
		document.Citations = &bedrock.CitationsConfig{Enabled: native.Citations.Enabled}
	}
	if err := parseDocumentSource(place, native.Source, document); err != nil {
		return block, nil, err
	}
	block.Document = document
	return block, native.CacheControl, nil
}

func parseDocumentSource(place string, s *source, document *bedrock.DocumentBlock) (err error) {
	document.Source = new(bedrock.DocumentSource)
	switch s.Type {
	case "base64":
		if s.MediaType != "application/pdf" {
			return invalid(place+".source.base64.media_type", "Input should be 'application/pdf'")
		}
		document.Format = bedrock.DocumentFormatPdf
		document.Source.Bytes, err = s.bytes(place + ".source")
	case "text":
		if s.Data == nil {
			return invalid(place+".source.text.data", required)
		}
		document.Format, document.Source.Text = bedrock.DocumentFormatTxt, s.Data
	case "content":
		document.Source.Content, err = parseDocumentContent(place+".source.content", s.Content)
	case "url", "file":
		return schema.Unsupported("source." + s.Type)
	default:
		return unknownSource(place, s, "base64", "content", "file", "text", "url")
	}
	return err
}

func parseDocumentContent(place string, raw jsontext.Value) ([]bedrock.DocumentContentBlock, error) {
	blocks, err := parseContent(place, raw)
	if err != nil {
		return nil, err
	}
	content := make([]bedrock.DocumentContentBlock, len(blocks))
	for i, block := range blocks {
		if block.Text == nil {
			return nil, schema.UnsupportedBlock(block)
		}
		content[i].Text = block.Text
	}
	return content, nil
}

func renderImage(image *bedrock.ImageBlock) (*imageBlock, error) {
	if image.Source == nil || image.Source.Bytes == nil {
		return nil, schema.Unsupported("s3Uri")
	}
	source, err := base64Of("image/"+string(image.Format), image.Source.Bytes)
	return &imageBlock{Type: "image", Source: source}, err
}

func renderDocument(document *bedrock.DocumentBlock) (_ *documentBlock, err error) {
	native := &documentBlock{Type: "document", Title: document.Name, Context: document.Context}
	if document.Citations != nil {
		native.Citations = &citationsConfig{document.Citations.Enabled}
	}
	native.Source, err = renderDocumentSource(document)
	return native, err
}

// plainFormats are those that are text as they stand.
var plainFormats = []bedrock.DocumentFormat{
	bedrock.DocumentFormatTxt, bedrock.DocumentFormatMd, bedrock.DocumentFormatCsv, bedrock.DocumentFormatHtml,
}

func renderDocumentSource(document *bedrock.DocumentBlock) (*source, error) {
	s := document.Source
	switch {
	case s == nil || s.S3Location != nil:
		return nil, schema.Unsupported("s3Uri")
	case s.Content != nil:
		blocks := make([]textBlock, len(s.Content))
		for i, part := range s.Content {
			blocks[i] = textBlock{Type: "text", Text: part.Text}
		}
		content, err := json.Marshal(blocks)
		return &source{Type: "content", Content: content}, err
	case s.Text != nil:
		return &source{Type: "text", MediaType: "text/plain", Data: s.Text}, nil
	case document.Format == bedrock.DocumentFormatPdf:
		return base64Of("application/pdf", s.Bytes)
	case slices.Contains(plainFormats, document.Format) && utf8.Valid(s.Bytes):
		return &source{Type: "text", MediaType: "text/plain", Data: new(string(s.Bytes))}, nil
	}
	return nil, schema.Unsupported("document format " + string(document.Format))
}
