package nova

import (
	"fmt"
	"regexp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// The patterns of S3Location in the model of the API.
const (
	uriPattern   = `s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?`
	ownerPattern = `[0-9]{12}`
)

var (
	uriForm   = regexp.MustCompile(`^(?s:` + uriPattern + `)$`)
	ownerForm = regexp.MustCompile(`^` + ownerPattern + `$`)
)

// maxURI is the length of a URI in characters.
const maxURI = 1024

// locationViolation says what is wrong with the place in S3 of a medium, and where
// in the medium; an empty text is nothing.
func locationViolation(location *bedrock.S3Location) (text, within string) {
	const at = "/source/s3Location"
	switch {
	case location == nil:
		return "", ""
	case location.Uri == nil:
		return missing("uri"), at
	case len(*location.Uri) > maxURI:
		return fmt.Sprintf("expected maxLength: %d, actual: %d", maxURI, len(*location.Uri)), at + "/uri"
	case !uriForm.MatchString(*location.Uri):
		return fmt.Sprintf("string [%s] does not match pattern %s", *location.Uri, uriPattern), at + "/uri"
	case location.BucketOwner != nil && !ownerForm.MatchString(*location.BucketOwner):
		return fmt.Sprintf("string [%s] does not match pattern %s", *location.BucketOwner, ownerPattern), at + "/bucketOwner"
	}
	return "", ""
}

// locationOf is the place in S3 of the medium that a block is, or nil.
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
