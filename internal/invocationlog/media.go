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

// shapes are those of Converse that hold bytes, in their member source.
var shapes = map[string]medium{"image": image, "document": image, "video": video, "audio": audio}

// lenient reads the JSON of callers and models, whatever else is in it.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.Deterministic(true)}

// pick gives a body, a JSON value, on one line, and says whether media are in it.
// Strings of what is not wanted have become empty.
func pick(body []byte, wanted func(medium) bool) (picked []byte, media bool, err error) {
	var out bytes.Buffer
	out.Grow(len(body) + 1)
	from := jsontext.NewDecoder(bytes.NewBuffer(body), lenient...)
	to := jsontext.NewEncoder(&out, lenient...)
	var at place
	for values := 0; ; values++ {
		depth := from.StackDepth()
		if depth == 0 && values > 0 {
			break
		}
		if from.PeekKind() != '"' {
			token, err := from.ReadToken()
			if err != nil {
				return nil, false, err
			}
			if from.StackDepth() > depth {
				at = append(at[:depth], "")
			}
			if err := to.WriteToken(token); err != nil {
				return nil, false, err
			}
			continue
		}
		kind, length := from.StackIndex(depth)
		value, err := from.ReadValue()
		if err != nil {
			return nil, false, err
		}
		if kind == '{' && length%2 == 0 {
			at[depth-1] = nameOf(value)
		} else if of := kindOf(value, at[:depth]); !wanted(of) {
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

// place is where a value is: for each object and array around it the name of the member
// that it is in, if that matters; arrays have none.
type place []string

// up is the name that is so many levels above the value.
func (p place) up(levels int) string {
	if levels >= len(p) {
		return ""
	}
	return p[len(p)-1-levels]
}

// maxName is more than the names that matter have, in bytes, also if escaped.
const maxName = 64

// nameOf gives the name of a member, or nothing for one that is too long to matter: a
// body may have many.
func nameOf(value jsontext.Value) string {
	if len(value) > maxName {
		return ""
	}
	name, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return ""
	}
	return string(name)
}

// kindOf tells what a string holds: by its place, or else, since each family has other
// names for that, by how it begins.
func kindOf(value jsontext.Value, at place) medium {
	if of, ok := shapes[at.up(2)]; ok && at.up(0) == "bytes" && at.up(1) == "source" {
		return of
	}
	if at.up(0) == "" && at.up(1) == "images" {
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
