package chat

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// block gives the image of a data URL. Images that would have to be fetched are
// refused.
func (u ImageURL) block() (*bedrock.ImageBlock, error) {
	kind, ok := strings.CutPrefix(u.URL, "data:image/")
	kind, data, isBase64 := strings.Cut(kind, ";base64,")
	format := bedrock.ImageFormat(kind)
	switch {
	case !ok || !isBase64 || !slices.Contains(format.Values(), format):
		return nil, schema.Unsupported("image_url.url")
	case u.Detail != nil && *u.Detail != "auto":
		return nil, schema.Unsupported("image_url.detail")
	}
	bytes, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, bedrock.WithCause(schema.Malformed(), err)
	}
	return &bedrock.ImageBlock{Format: format, Source: &bedrock.ImageSource{Bytes: bytes}}, nil
}

// imagePart writes an image as a data URL.
func imagePart(image *bedrock.ImageBlock) (Part, error) {
	if image.Source == nil || image.Source.S3Location != nil {
		return Part{}, &bedrock.ValidationException{
			Message: "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
		}
	}
	url := "data:image/" + string(image.Format) + ";base64," + base64.StdEncoding.EncodeToString(image.Source.Bytes)
	return Part{Type: "image_url", ImageURL: &ImageURL{URL: url}}, nil
}
