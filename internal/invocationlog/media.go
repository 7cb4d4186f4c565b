package invocationlog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// medium is a kind of content beside text.
type medium int

const (
	text medium = iota
	// image is documents too, as with the service.
	image
	video
	audio
)

// places are where the shapes of Converse hold bytes, whatever these are.
var places = []struct {
	suffix string
	of     medium
}{
	{"/image/source/bytes", image}, {"/document/source/bytes", image},
	{"/video/source/bytes", video}, {"/audio/source/bytes", audio},
}

// lenient reads the JSON of callers and models, whatever else is in it.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.Deterministic(true)}

// pick gives a body, a JSON value, on one line, and says whether media are in it.
// Strings of what is not wanted have become empty.
func pick(body []byte, wanted func(medium) bool) (picked []byte, media bool, err error) {
	var out bytes.Buffer
	out.Grow(len(body) + 1)
	from := jsontext.NewDecoder(bytes.NewBuffer(body), lenient...)
	to := jsontext.NewEncoder(&out, lenient...)
	name := ""
	for values := 0; ; {
		depth := from.StackDepth()
		if depth == 0 && values > 0 {
			break
		}
		kind, length := from.StackIndex(depth)
		if from.PeekKind() != '"' {
			token, err := from.ReadToken()
			if err != nil {
				return nil, false, err
			}
			values++
			if err := to.WriteToken(token); err != nil {
				return nil, false, err
			}
			continue
		}
		value, err := from.ReadValue()
		if err != nil {
			return nil, false, err
		}
		values++
		if kind == '{' && length%2 == 0 {
			name = string(value)
		} else if of := kindOf(value, name, kind == '{', from); !wanted(of) {
			value = jsontext.Value(`""`)
		} else if of != text {
			media = true
		}
		if err := to.WriteValue(value); err != nil {
			return nil, false, err
		}
	}
	if from.PeekKind() != 0 {
		return nil, false, errors.New("more than one JSON value")
	}
	if _, err := from.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), media, nil
}

// kindOf tells what a string holds that was just read: by its place, or else, since
// each family has other names for that, by how it begins.
func kindOf(value jsontext.Value, name string, named bool, from *jsontext.Decoder) medium {
	if named && name == `"bytes"` {
		at := string(from.StackPointer())
		for _, place := range places {
			if strings.HasSuffix(at, place.suffix) {
				return place.of
			}
		}
	}
	if !named && name == `"images"` {
		return image
	}
	return sniff(value)
}

// sniffed is how much of a string is looked at.
const sniffed = 64

// sniff tells what a JSON string holds in base64, or in a URL of data.
func sniff(value jsontext.Value) medium {
	if len(value) < 18 {
		return text
	}
	var begin [sniffed]byte
	n := 0
	for _, c := range value[1:min(len(value)-1, 2*sniffed)] {
		if c == '\\' { // of an escaped slash
			continue
		}
		if n == len(begin) {
			break
		}
		begin[n] = c
		n++
	}
	if kind, ok := bytes.CutPrefix(begin[:n], []byte("data:")); ok {
		return mediumOf(string(kind))
	}
	var decoded [sniffed]byte
	m, err := base64.StdEncoding.Decode(decoded[:], begin[:n&^3])
	if err != nil && m < 12 {
		return text
	}
	return mediumOf(http.DetectContentType(decoded[:m]))
}

// mediumOf is that of what begins with a media type.
func mediumOf(kind string) medium {
	switch {
	case strings.HasPrefix(kind, "image/"), strings.HasPrefix(kind, "application/pdf"), strings.HasPrefix(kind, "application/zip"):
		return image
	case strings.HasPrefix(kind, "video/"):
		return video
	case strings.HasPrefix(kind, "audio/"), strings.HasPrefix(kind, "application/ogg"):
		return audio
	}
	return text
}
