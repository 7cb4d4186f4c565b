package nova

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// locationViolation says what is wrong with the place in S3 of the medium that a
// block is, and where in the medium; an empty text is nothing.
func locationViolation(block *bedrock.ContentBlock) (text, within string) {
	text, within = schema.Location(locationOf(block))
	return text, "/source/s3Location" + within
}

func locationOf(block *bedrock.ContentBlock) *bedrock.S3Location {
	switch {
	case block.Image != nil && block.Image.Source != nil:
		return block.Image.Source.S3Location
	case block.Video != nil && block.Video.Source != nil:
		return block.Video.Source.S3Location
	case block.Audio != nil && block.Audio.Source != nil:
		return block.Audio.Source.S3Location
	case block.Document != nil && block.Document.Source != nil:
		return block.Document.Source.S3Location
	}
	return nil
}
