package sts

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
	"time"
)

const namespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// timestamp is a time as XML has it.
type timestamp time.Time

// MarshalText implements [encoding.TextMarshaler].
func (t timestamp) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05Z"), nil
}

// named is a shape under a name that is not its type's.
type named struct {
	name  string
	shape any
}

// MarshalXML implements [xml.Marshaler].
func (n named) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(n.shape, xml.StartElement{Name: xml.Name{Local: n.name}})
}

type metadata struct {
	RequestID string `xml:"RequestId"`
}

// writeResult writes the answer of an operation: its result, under its name.
func writeResult(w http.ResponseWriter, action, requestID string, result any) {
	write(w, requestID, http.StatusOK, struct {
		XMLName  xml.Name
		Result   named
		Metadata metadata `xml:"ResponseMetadata"`
	}{
		XMLName:  xml.Name{Space: namespace, Local: action + "Response"},
		Result:   named{action + "Result", result},
		Metadata: metadata{requestID},
	})
}

// writeError writes an error: its own half of it, or that something went wrong on
// this side.
func writeError(w http.ResponseWriter, requestID string, err error) {
	e, ok := errors.AsType[*Error](err)
	kind := "Sender"
	if !ok {
		kind = "Receiver"
		e = &Error{Code: "InternalFailure", Status: http.StatusInternalServerError,
			Message: "The request processing has failed because of an unknown error, exception or failure."}
	}
	type body struct {
		Type, Code, Message string
	}
	write(w, requestID, e.Status, struct {
		XMLName   xml.Name
		Error     body
		RequestID string `xml:"RequestId"`
	}{xml.Name{Space: namespace, Local: "ErrorResponse"}, body{kind, e.Code, e.Message}, requestID})
}

// write sends the whole answer. That the caller has left is nobody's error.
func write(w http.ResponseWriter, requestID string, status int, shape any) {
	body, err := xml.Marshal(shape)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	header := w.Header()
	header["Content-Type"] = []string{"text/xml"}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["x-amzn-RequestId"] = []string{requestID}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// newRequestID makes a random UUID.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
