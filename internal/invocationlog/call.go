package invocationlog

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/restjson"
)

const (
	// maxInline is the size of a body, in bytes, above which it is an object of its own
	// (AWS, "Monitor model invocation using CloudWatch Logs and Amazon S3").
	maxInline = 100 << 10
	// maxStream bounds what is kept of a streamed answer, in bytes: as much as a body
	// of InvokeModel may have.
	maxStream = 25_000_000
)

// Kind is what a model makes.
type Kind int

// The kinds.
const (
	Texts Kind = iota
	Embeddings
	Images
)

// Call becomes the record of one call. A nil Call takes everything and records
// nothing. It is not safe for concurrent use.
type Call struct {
	log  *Log
	to   *Destination
	kind Kind

	// The answer: a shape, or its body, or the events or chunks of a stream.
	shape  any
	body   []byte
	events []bedrock.ConverseStreamOutput
	chunks [][]byte
	size   int
}

// Facts are what is known of a call when it has ended.
type Facts struct {
	RequestID, Operation, Account, Principal, Region string
	// Model is as the request named it.
	Model string
	Time  time.Time
	// Error is the code of what ended the call; empty for a good end.
	Error                             string
	InputTokens, OutputTokens         int64
	CacheReadTokens, CacheWriteTokens int64
	Metadata                          map[string]string
	// Request is the body of the request.
	Request []byte
}

// Of says what the model makes.
func (c *Call) Of(k Kind) {
	if c != nil {
		c.kind = k
	}
}

// Shape takes a whole answer, which MUST NOT change any more.
func (c *Call) Shape(shape any) {
	if c != nil {
		c.shape = shape
	}
}

// Body takes the body of a whole answer, which MUST NOT change any more.
func (c *Call) Body(body []byte) {
	if c != nil {
		c.body = body
	}
}

// Event takes the next event of a streamed answer, which MUST NOT change any more.
func (c *Call) Event(e *bedrock.ConverseStreamOutput) {
	if c == nil {
		return
	}
	if e.ContentBlockDelta != nil {
		if c.size += deltaSize(&e.ContentBlockDelta.Delta); c.size > maxStream {
			return
		}
	}
	c.events = append(c.events, *e)
}

func deltaSize(d *bedrock.ContentBlockDelta) int {
	size := 64 + len(value(d.Text))
	if d.ToolUse != nil {
		size += len(d.ToolUse.Input)
	}
	if d.ReasoningContent != nil {
		size += len(value(d.ReasoningContent.Text)) + len(d.ReasoningContent.RedactedContent)
	}
	for _, part := range d.ToolResult {
		size += len(part.Json) + len(value(part.Text))
	}
	return size
}

// Chunk takes the next chunk of a native answer.
func (c *Call) Chunk(chunk []byte) {
	if c == nil {
		return
	}
	if c.size += len(chunk); c.size <= maxStream {
		c.chunks = append(c.chunks, bytes.Clone(chunk))
	}
}

// End records the call. When it returns, the record outlives this process, or its
// loss is counted.
func (c *Call) End(f *Facts) {
	if c == nil {
		return
	}
	record := c.record(f)
	bodies := &bodies{call: c, prefix: c.to.hourKey(f.Account, f.Region, f.Time), id: f.RequestID}
	if c.to.has(c.kind) {
		record.Input.BodyJSON, record.Input.BodyS3Path = bodies.place(f.Request, "_input")
		if answer := c.answer(); record.Output != nil {
			record.Output.BodyJSON, record.Output.BodyS3Path = bodies.place(answer, "_output")
		}
	}
	line, err := json.Marshal(record, lenient...)
	if err != nil { // what callers and models write was checked
		c.log.log.Error("a call cannot be recorded", "requestId", f.RequestID, "cause", err)
		return
	}
	// What is lost is counted and told by the spool.
	_ = c.log.spool.Append(spool.Group{Bucket: c.to.Bucket, Prefix: bodies.prefix}, append(line, '\n'), f.Time, bodies.own...)
}

func (c *Call) record(f *Facts) *Record {
	r := &Record{
		SchemaType: schemaType, SchemaVersion: schemaVersion, Timestamp: timestamp(f.Time),
		AccountID: f.Account, Identity: Identity{f.Principal}, Region: f.Region, RequestID: f.RequestID,
		Operation: f.Operation, ModelID: f.Model, ErrorCode: f.Error, RequestMetadata: f.Metadata,
		Input: Input{
			ContentType: contentType, TokenCount: f.InputTokens,
			CacheReadCount: f.CacheReadTokens, CacheWriteCount: f.CacheWriteTokens,
		},
	}
	if f.Error == "" || c.events != nil || c.chunks != nil {
		r.Output = &Output{ContentType: contentType, TokenCount: f.OutputTokens}
	}
	return r
}

// answer is the body of the answer, or nil: a stream of Converse as Converse would
// have answered, and one of InvokeModel as the list of its chunks.
func (c *Call) answer() []byte {
	shape := c.shape
	switch {
	case c.body != nil:
		return c.body
	case c.chunks != nil:
		return append(append([]byte{'['}, bytes.Join(c.chunks, []byte{','})...), ']')
	case c.events != nil:
		shape = conversation.CollectPart(c.events)
	case shape == nil:
		return nil
	}
	if native, ok := shape.(*bedrock.InvokeModelResponse); ok {
		return native.Body
	}
	var body bytes.Buffer
	if err := restjson.EncodeBody(&body, shape); err != nil {
		c.log.log.Error("an answer cannot be recorded", "cause", err)
		return nil
	}
	return body.Bytes()
}

// bodies are those of a call.
type bodies struct {
	call       *Call
	prefix, id string
	own        []spool.Body
}

// place gives a body for the record, or the path of one that is too large for it or
// has media in it. What is no JSON has no place.
func (b *bodies) place(body []byte, suffix string) (inline jsontext.Value, path string) {
	picked, media, err := pick(body, b.call.to.wants)
	if err != nil {
		return nil, ""
	}
	if len(picked) <= maxInline && !media {
		return picked, ""
	}
	name := objectstore.Name{Bucket: b.call.to.Bucket, Key: b.prefix + "data/" + b.id + suffix + ".json.gz"}
	b.own = append(b.own, spool.Body{Name: name, Content: picked})
	return nil, name.String()
}
