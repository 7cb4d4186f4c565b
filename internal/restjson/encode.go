package restjson

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json"
)

// SetHeaders writes the members that travel in headers, under the names that
// the model gives them; net/http would change their case.
func SetHeaders(header http.Header, shape any) {
	v := reflect.ValueOf(shape).Elem()
	for _, m := range membersOf(v.Type()).bound {
		field := reflect.Indirect(v.Field(m.field))
		if m.place != placeHeader || !field.IsValid() || field.IsZero() {
			continue
		}
		header[m.name] = []string{fmt.Sprint(field.Interface())}
	}
}

// Encode writes a whole answer: its headers, the status and the body, with the
// keys of every object in alphabetical order and no nulls.
func Encode(w http.ResponseWriter, status int, shape any) error {
	v := reflect.ValueOf(shape).Elem()
	var body []byte
	if at := membersOf(v.Type()).payload; at >= 0 {
		body = v.Field(at).Bytes()
	} else {
		var err error
		if body, err = json.Marshal(shape, options); err != nil {
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
	return json.MarshalWrite(w, shape, options)
}
