package eventstream

import (
	"encoding/binary"
	"hash/crc32"
)

// typeString is the wire's number for a string header.
const typeString = 7

// Frame builds messages one after the other into one buffer. Begin a message,
// write its payload, end it; the zero value is ready for use.
type Frame struct {
	buf []byte
	// start is where the open message begins, payload where its payload does.
	start, payload int
}

// Reset empties the buffer and keeps its memory.
func (f *Frame) Reset() { f.buf = f.buf[:0] }

// Bytes are the messages built since the last Reset; they hold until the next
// call.
func (f *Frame) Bytes() []byte { return f.buf }

// BeginEvent opens an event message with a JSON payload.
func (f *Frame) BeginEvent(eventType string) { f.begin(headerEventType, eventType, "event") }

// BeginException opens an exception message with a JSON payload.
func (f *Frame) BeginException(exceptionType string) {
	f.begin(headerExceptionType, exceptionType, "exception")
}

func (f *Frame) begin(typeHeader, typeName, messageType string) {
	f.start = len(f.buf)
	f.buf = append(f.buf, make([]byte, preludeLength)...)
	f.header(typeHeader, typeName)
	f.header(headerContentType, "application/json")
	f.header(headerMessageType, messageType)
	f.payload = len(f.buf)
}

// header appends a string header. The names and values are the package's own
// and short.
func (f *Frame) header(name, value string) {
	f.buf = append(f.buf, byte(len(name)))
	f.buf = append(f.buf, name...)
	f.buf = append(f.buf, typeString)
	f.buf = binary.BigEndian.AppendUint16(f.buf, uint16(len(value)))
	f.buf = append(f.buf, value...)
}

// Write appends to the payload of the open message. It never fails.
func (f *Frame) Write(p []byte) (int, error) {
	f.buf = append(f.buf, p...)
	return len(p), nil
}

// End closes the open message: its lengths and checksums are filled in.
func (f *Frame) End() {
	message := f.buf[f.start:]
	binary.BigEndian.PutUint32(message[0:], uint32(len(message)+crcLength))
	binary.BigEndian.PutUint32(message[4:], uint32(f.payload-f.start-preludeLength))
	binary.BigEndian.PutUint32(message[8:], crc32.ChecksumIEEE(message[:8]))
	f.buf = binary.BigEndian.AppendUint32(f.buf, crc32.ChecksumIEEE(message))
}
