package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/provider"
)

const (
	// maxObjects is how many objects a request may name. Of the service's models none
	// takes as many.
	maxObjects = 100
	// atOnce is how many objects one request fetches at the same time, and allAtOnce
	// how many all requests together.
	atOnce, allAtOnce = 8, 64
	// fetchTime bounds the fetching of all objects of a request.
	fetchTime = 2 * time.Minute
)

// medium is a kind of content that may lie in S3.
type medium struct {
	name string
	// limit is the size in bytes that the service takes, and text the same for
	// people.
	limit int64
	text  string
}

// The media, with the limits of "Message" and, for video and audio, of "Multimodal
// support for Amazon Nova" in AWS's documentation.
var (
	imageMedium    = medium{"image", 3_932_160, "3.75 MB"}
	documentMedium = medium{"document", document.MaxSize, "4.5 MB"}
	videoMedium    = medium{"video", 1 << 30, "1 GB"}
	audioMedium    = medium{"audio", 1 << 30, "1 GB"}
	// Text may be as long as a body of InvokeModel.
	textMedium = medium{"text", 25_000_000, "25 MB"}
)

// Objects fetches the objects that requests name by s3Location. It is safe for
// concurrent use.
type Objects struct {
	store   objectstore.Store
	max     int64
	buckets []string
	// slots bound what all requests fetch at the same time.
	slots chan struct{}
}

// NewObjects fetches from a store at most maxBytes for each request, and from the
// buckets alone, if any are given.
func NewObjects(store objectstore.Store, maxBytes int64, buckets ...string) *Objects {
	return &Objects{store, maxBytes, buckets, make(chan struct{}, allAtOnce)}
}

// wanted is an object that a request names.
type wanted struct {
	medium
	// at is the place of the source in the request.
	at  string
	uri string
	// set puts the content into the request.
	set []func([]byte)
}

// fetch fetches all that a request names. The error is that of the first of them
// that failed, and carries a bedrock.Exception.
func (o *Objects) fetch(ctx context.Context, all []*wanted) error {
	if len(all) > maxObjects {
		return invalid("The request refers to %d objects by s3Location, and %d are the most. Remove some and retry your request.", len(all), maxObjects)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	var left atomic.Int64
	left.Store(o.max)
	failures := make([]error, len(all))
	turns := make(chan struct{}, atOnce)
	var fetching sync.WaitGroup
	for i, w := range all {
		turns <- struct{}{}
		fetching.Go(func() {
			defer func() { <-turns }()
			content, err := o.fetchOne(ctx, w, &left)
			failures[i] = err
			for _, set := range w.set {
				set(content)
			}
		})
	}
	fetching.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// fetchOne fetches one object, of what is left for the request.
func (o *Objects) fetchOne(ctx context.Context, w *wanted, left *atomic.Int64) ([]byte, error) {
	name, err := objectstore.ParseName(w.uri)
	if err != nil {
		return nil, invalid("The S3 URI %s at %s.s3Location.uri is invalid: %v. Provide the URI of an object and try again.", w.uri, w.at, err)
	}
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-ctx.Done():
		return nil, provider.EndedError(ctx.Err())
	}
	content, err := o.read(ctx, name, w.limit, left)
	return content, w.explain(ctx, err, o.max)
}

// errSpent says that a request names more than it may.
var errSpent = errors.New("the objects of the request are too large together")

func (o *Objects) read(ctx context.Context, name objectstore.Name, limit int64, left *atomic.Int64) ([]byte, error) {
	if len(o.buckets) > 0 && !slices.Contains(o.buckets, name.Bucket) {
		return nil, fmt.Errorf("%w: objects.buckets does not have it", objectstore.ErrDenied)
	}
	object, err := o.store.Get(ctx, name, limit)
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	if left.Add(-object.Size) < 0 {
		return nil, errSpent
	}
	content := make([]byte, object.Size)
	_, err = io.ReadFull(object.Body, content)
	return content, err
}

// explain words why an object was not fetched. What the service says in these cases
// is not on record, but for the sizes of documents: the words are Saprolite's own.
func (w *wanted) explain(ctx context.Context, err error, together int64) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return provider.EndedError(ctx.Err())
	case errors.Is(err, objectstore.ErrNotFound):
		err = bedrock.WithCause(invalid("The S3 URI %s at %s.s3Location refers to an object that doesn't exist. Check the URI and try again.", w.uri, w.at), err)
	case errors.Is(err, objectstore.ErrDenied):
		err = bedrock.WithCause(&bedrock.AccessDeniedException{
			Message: fmt.Sprintf("Access to the object at the S3 URI %s is denied. Check that the object can be read and try again.", w.uri),
		}, err)
	case errors.Is(err, objectstore.ErrTooLarge):
		err = bedrock.WithCause(invalid("The maximum %[1]s size is %[2]s. Reduce the size of your %[1]s and retry your request.", w.name, w.text), err)
	case errors.Is(err, errSpent):
		err = invalid("The objects that the request refers to by s3Location are larger than %d bytes together. "+
			"Reduce their size and retry your request, or raise limits.maxFetched of this server.", together)
	default:
		err = bedrock.WithCause(&bedrock.ServiceUnavailableException{Message: "Bedrock is unable to process your request."}, err)
	}
	return err
}

func invalid(format string, args ...any) *bedrock.ValidationException {
	return &bedrock.ValidationException{Message: fmt.Sprintf(format, args...)}
}
