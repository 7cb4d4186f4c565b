package schema

import (
	"fmt"
	"regexp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// The patterns of S3Location in the model of the API, and the length of its URI.
const (
	uriPattern   = `s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?`
	ownerPattern = `[0-9]{12}`
	maxURI       = 1024
)

var (
	uriForm   = regexp.MustCompile(`^(?:` + uriPattern + `)$`)
	ownerForm = regexp.MustCompile(`^` + ownerPattern + `$`)
)

// Location says what is wrong with a place in S3, and where within it; an empty text
// is nothing.
func Location(location *bedrock.S3Location) (text, within string) {
	switch {
	case location == nil:
		return "", ""
	case location.Uri == nil:
		return "required key [uri] not found", ""
	case len(*location.Uri) > maxURI:
		return fmt.Sprintf("expected maxLength: %d, actual: %d", maxURI, len(*location.Uri)), "/uri"
	case !uriForm.MatchString(*location.Uri):
		return fmt.Sprintf("string [%s] does not match pattern %s", *location.Uri, uriPattern), "/uri"
	case location.BucketOwner != nil && !ownerForm.MatchString(*location.BucketOwner):
		return fmt.Sprintf("string [%s] does not match pattern %s", *location.BucketOwner, ownerPattern), "/bucketOwner"
	}
	return "", ""
}
