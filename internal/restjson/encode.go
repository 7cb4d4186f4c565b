package restjson

import (
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// SetHeaders writes the members that travel in headers, under the names that
// the model gives them; net/http would change their case.
func SetHeaders(header http.Header, shape any) {
	shaped, ok := shape.(bounded)
	if !ok {
		return
	}
	for _, member := range shaped.Bound() {
		// No header of an answer is anything but text.
		if text, ok := member.Member.(*string); ok && member.Place == bedrock.InHeader && *text != "" {
			header[member.Name] = []string{*text}
		}
	}
}

// answers are how an answer is written: what an error quotes of a caller need be no
// UTF-8, and comes with U+FFFD in place of what is none.
var answers = json.JoinOptions(options, jsontext.AllowInvalidUTF8(true))

// Encode writes a whole answer: its headers, the status and the body, with the
// keys of every object in alphabetical order and no nulls.
func Encode(w http.ResponseWriter, status int, shape any) error {
	var body []byte
	if shaped, ok := shape.(raw); ok {
		body = *shaped.Payload()
	} else {
		var err error
		if body, err = json.Marshal(shape, answers); err != nil {
			return err
		}
		w.Header()["Content-Type"] = []string{"application/json"}
	}
	SetHeaders(w.Header(), shape)
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// EncodeBody writes the JSON body of a shape alone: the payload of an event.
func EncodeBody(w io.Writer, shape any) error {
	return json.MarshalWrite(w, shape, answers)
}
