// Package eventstream is the frame format of AWS event streams
// (application/vnd.amazon.eventstream): a prelude of total length, headers
// length and its CRC, the headers, the payload, and a CRC over all of it. The
// numbers are big-endian, the CRCs IEEE CRC-32.
//
// A Frame builds messages into a buffer that is used again; a Reader takes them
// apart under bounds.
package eventstream

import (
	"errors"
	"fmt"
)

// ContentType is the media type of an event stream.
const ContentType = "application/vnd.amazon.eventstream"

// The names of the headers that an event or an exception carries, in the order
// in which the service sends them.
const (
	headerEventType     = ":event-type"
	headerExceptionType = ":exception-type"
	headerContentType   = ":content-type"
	headerMessageType   = ":message-type"
)

// Bounds of one message, as the AWS SDKs keep them.
const (
	maxHeaders = 128 << 10
	maxPayload = 16 << 20

	preludeLength = 12
	crcLength     = 4
)

// ErrFormat is the class of the errors that Reader gives for bytes that are no
// event stream.
var ErrFormat = errors.New("malformed event stream")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// Message is one frame, taken apart.
type Message struct {
	Headers []Header
	// Payload is what follows the headers.
	Payload []byte
}

// Header is one header of a message.
type Header struct {
	Name string
	// Value is a bool, int8, int16, int32, int64, []byte, string, time.Time or
	// [16]byte (a UUID), by the type that the wire gives it.
	Value any
}

// Text gives the value of a string header, or the empty string.
func (m *Message) Text(name string) string {
	for _, header := range m.Headers {
		if text, ok := header.Value.(string); ok && header.Name == name {
			return text
		}
	}
	return ""
}

// EventType is the type of an event message, or the empty string.
func (m *Message) EventType() string { return m.Text(headerEventType) }

// ExceptionType is the type of an exception message, or the empty string.
func (m *Message) ExceptionType() string { return m.Text(headerExceptionType) }
