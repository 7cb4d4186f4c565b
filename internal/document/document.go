// Package document takes the text out of documents, for models that read text
// alone: pdf, csv, doc, docx, xls, xlsx, html, txt and md.
//
// What comes in is hostile until proven otherwise. An Extractor holds every
// reader to limits of size, time and memory; whatever a document does, the
// answer is its text or an error, and no work outlives its deadline by more than
// the moment in which a reader notices.
package document

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Unit is what the places in a document are counted in.
type Unit int

// The units.
const (
	// Characters are Unicode code points of the text, from 0.
	Characters Unit = iota
	// Pages are those of a pdf, from 1.
	Pages
	// Chunks are the blocks that the caller cut the text into, from 0.
	Chunks
)

// Text is what a document says.
type Text struct {
	// Parts are the pages or the chunks; where the unit is Characters there is
	// one.
	Parts []string
	Unit  Unit
}

// The reasons why a document was not read. They come wrapped, with what is
// wrong in this one.
var (
	// ErrMalformed says that the bytes are no document of the format, or one that
	// nobody can read: broken, encrypted, nested beyond reason.
	ErrMalformed = errors.New("malformed document")
	// ErrTooLarge says that a document, or what it unfolds to, is over the limits
	// of size or time.
	ErrTooLarge = errors.New("document too large")
)

// Reader reads one format.
type Reader interface {
	// Read writes the text of a document to out. It MUST return soon after ctx
	// has ended or out is full, and MUST bound the memory that it takes by limits
	// of its own. Panics are caught: they mean a malformed document.
	Read(ctx context.Context, data []byte, out *Output) error
}

// Limits bound the work on one document.
type Limits struct {
	// Input is the size of the document in bytes, Output that of its text.
	Input, Output int
	// Time is how long the reading may take, the wait for its turn included.
	Time time.Duration
}

// DefaultLimits are the service's 4.5 MB of document, and as much text and time
// as a document of that size has a use for.
func DefaultLimits() Limits {
	return Limits{Input: MaxSize, Output: 8 << 20, Time: 20 * time.Second}
}

// MaxSize is the size of a document in bytes that the service takes: 4.5 MB.
const MaxSize = 4718592

// Extractor takes the text out of documents. It is safe for concurrent use; as
// many documents are read at once as there are processors, so that memory is
// bounded too.
type Extractor struct {
	limits  Limits
	readers map[bedrock.DocumentFormat]Reader
	turns   chan struct{}
}

// NewExtractor makes an extractor for every format of the service.
func NewExtractor(limits Limits) *Extractor {
	return &Extractor{limits, Readers(), make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Extract gives the text of a document. Errors are, or wrap, ErrMalformed or
// ErrTooLarge, or the error of a context that ended.
func (e *Extractor) Extract(ctx context.Context, format bedrock.DocumentFormat, data []byte) (*Text, error) {
	reader, ok := e.readers[format]
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: no reader for the format %q", ErrMalformed, format)
	case len(data) > e.limits.Input:
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	within, cancel := context.WithTimeoutCause(ctx, e.limits.Time, fmt.Errorf("%w: it takes longer than %v", ErrTooLarge, e.limits.Time))
	select {
	case e.turns <- struct{}{}:
	case <-within.Done():
		cancel()
		return nil, context.Cause(within)
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-e.turns }()
		defer cancel()
		done <- read(within, reader, data, e.limits.Output)
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-within.Done():
	}
	// The reading ends its context itself when it is done: then there is a result.
	select {
	case r := <-done:
		return r.text, r.err
	default:
		return nil, context.Cause(within)
	}
}

type result struct {
	text *Text
	err  error
}

// read is the one boundary at which a reader's panic becomes an error.
func read(ctx context.Context, reader Reader, data []byte, limit int) (r result) {
	defer func() {
		if what := recover(); what != nil {
			r = result{err: fmt.Errorf("%w: the reader gave up: %v", ErrMalformed, what)}
		}
	}()
	out := &Output{ctx: ctx, left: limit}
	err := reader.Read(ctx, data, out)
	switch {
	case out.err != nil:
		return result{err: out.err}
	case ctx.Err() != nil:
		return result{err: context.Cause(ctx)}
	case err != nil && !errors.Is(err, ErrTooLarge):
		return result{err: fmt.Errorf("%w: %w", ErrMalformed, err)}
	case err != nil:
		return result{err: err}
	}
	return result{text: out.text()}
}

// Output takes the text of a document as a reader finds it.
type Output struct {
	ctx   context.Context
	left  int
	err   error
	unit  Unit
	parts []string
	part  strings.Builder
}

// Write adds text. The error says that the reader MUST stop: the text is too
// long or the time is up.
func (o *Output) Write(text string) error {
	switch {
	case o.err != nil:
		return o.err
	case o.ctx.Err() != nil:
		o.err = context.Cause(o.ctx)
	case len(text) > o.left:
		o.err = fmt.Errorf("%w: too much text", ErrTooLarge)
	default:
		o.left -= len(text)
		o.part.WriteString(text)
	}
	return o.err
}

// EndPage ends a page; from then on the document's places are pages. The error is
// that of Write.
func (o *Output) EndPage() error {
	o.unit = Pages
	o.parts = append(o.parts, strings.TrimSpace(strings.ToValidUTF8(o.part.String(), "\uFFFD")))
	o.part.Reset()
	// A page costs memory, be it empty.
	o.left -= 64
	if o.left < 0 {
		return o.Write("x")
	}
	return o.err
}

func (o *Output) text() *Text {
	if o.unit == Pages {
		return &Text{Parts: o.parts, Unit: Pages}
	}
	return &Text{Parts: []string{strings.ToValidUTF8(o.part.String(), "\uFFFD")}}
}
