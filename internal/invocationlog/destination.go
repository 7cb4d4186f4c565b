package invocationlog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Destination is where an account's records go, and what is in them.
type Destination struct {
	Bucket string
	// Prefix is empty or ends with a slash.
	Prefix string
	// Text, Image, Embedding, Video and Audio say which data is in the records. Documents
	// go with images. Without any the records have counts, and no bodies.
	Text, Image, Embedding, Video, Audio bool
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// maxPrefix leaves room for the rest of a key, of 1024 bytes at most.
const maxPrefix = 700

// ParseDestination reads a configuration of the API. The error is a
// *bedrock.ValidationException, in words of Saprolite's own: those of the service are
// not on record.
func ParseDestination(c *bedrock.LoggingConfig) (*Destination, error) {
	switch {
	case c.CloudWatchConfig != nil:
		return nil, invalid("This server has no CloudWatch Logs. Remove cloudWatchConfig, give an s3Config and try again.")
	case c.S3Config == nil:
		return nil, invalid("The logging configuration has no destination. Give an s3Config and try again.")
	}
	s3 := c.S3Config
	bucket, prefix := value(s3.BucketName), strings.Trim(value(s3.KeyPrefix), "/")
	if !bucketName.MatchString(bucket) {
		return nil, invalid("The bucket name %s is invalid.", bucket)
	}
	if strings.ContainsFunc(prefix, unicode.IsControl) {
		return nil, invalid("The key prefix %q is invalid: it has control characters.", prefix)
	}
	for part := range strings.SplitSeq(prefix, "/") {
		if prefix != "" && (part == "" || part == "." || part == "..") || len(prefix) > maxPrefix {
			return nil, invalid("The key prefix %s is invalid: it has parts that are empty, . or .., or is longer than %d bytes.", prefix, maxPrefix)
		}
	}
	if prefix != "" {
		prefix += "/"
	}
	return &Destination{
		Bucket: bucket, Prefix: prefix,
		Text: on(c.TextDataDeliveryEnabled), Image: on(c.ImageDataDeliveryEnabled), Embedding: on(c.EmbeddingDataDeliveryEnabled),
		Video: on(c.VideoDataDeliveryEnabled), Audio: on(c.AudioDataDeliveryEnabled),
	}, nil
}

// on reads a switch, which is on where the request does not say.
func on(enabled *bool) bool { return enabled == nil || *enabled }

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func invalid(format string, args ...any) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf(format, args...)}
}

// wants says whether strings of a kind are in the bodies of the records.
func (d *Destination) wants(m medium) bool {
	switch m {
	case text:
		return d.Text
	case image:
		return d.Image
	case video:
		return d.Video
	case audio:
		return d.Audio
	}
	return true
}

// has says whether the bodies of a model's calls are in the records. Where they are
// without Text, their texts are empty.
func (d *Destination) has(k Kind) bool {
	switch k {
	case Embeddings:
		return d.Embedding
	case Images:
		return d.Image || d.Text
	}
	return d.Text
}
