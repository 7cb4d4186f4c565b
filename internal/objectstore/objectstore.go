// Package objectstore keeps objects by bucket and key, as Amazon S3 does: the media
// that requests name by s3Location, and what the server writes for others to read.
// Implementations are sub-packages; objectstoretest is the suite that all pass.
package objectstore

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// The reasons that callers act on. They come wrapped, with what happened.
var (
	// ErrNotFound says that there is no such bucket, or no such object in it.
	ErrNotFound = errors.New("object not found")
	// ErrDenied says that the store does not let the server have the object.
	ErrDenied = errors.New("access to the object denied")
	// ErrTooLarge says that an object is longer than the caller's limit.
	ErrTooLarge = errors.New("object too large")
)

// Store keeps objects. It is safe for concurrent use. Every call ends soon after
// its context.
type Store interface {
	// Get opens an object of at most limit bytes. A longer one is ErrTooLarge: at
	// once where the store knows its length, else when more is read than limit. The
	// caller MUST close the body; ctx bounds the reading too.
	Get(ctx context.Context, name Name, limit int64) (*Object, error)
	// Stat tells about an object.
	Stat(ctx context.Context, name Name) (Info, error)
	// Put writes an object as a whole, in place of one of the same name: nobody ever
	// reads a part of it. When Put has returned nil, the object outlives the server.
	Put(ctx context.Context, name Name, content Content) error
	// List yields the objects of a bucket whose keys start with prefix, in the order
	// of the bytes of their keys, until the consumer stops. An error is the last
	// that it yields.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Info, error]
}

// Info tells about an object.
type Info struct {
	Name Name
	// Size is in bytes.
	Size     int64
	Modified time.Time
}

// Object is an object that is open for reading.
type Object struct {
	Info
	Body io.ReadCloser
}

// Content is what an object becomes.
type Content struct {
	// Body is read from where it stands to its end, perhaps more than once.
	Body io.ReadSeeker
	// Type and Encoding are its media type and content encoding, for those who read
	// it over HTTP. A store of files keeps neither. They may be empty.
	Type, Encoding string
}
