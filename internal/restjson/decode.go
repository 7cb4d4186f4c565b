// Package restjson carries the shapes of package bedrock over HTTP by the AWS
// protocol restJson1: members in the path, the query and headers as text, the
// rest as a JSON body, or one member as the raw body.
package restjson

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// options are how the service reads and writes JSON: names match by case,
// unknown members are ignored, the last of several equal names wins; the keys of
// maps are sorted as those of structures are.
var options = json.JoinOptions(jsontext.AllowDuplicateNames(true), json.Deterministic(true))

// maxObjects bounds the memory that a body can make its shape take: an empty
// object is two bytes, the structure that it becomes a hundred.
const maxObjects = 1 << 20

// bounded is a shape with members outside its JSON body.
type bounded interface{ Bound() []bedrock.Bound }

// raw is a shape one of whose members is the body as it comes.
type raw interface{ Payload() *[]byte }

// Decode fills a shape from a request, whose body was read before; a raw body is
// kept, not copied. The path labels come from r.PathValue. Errors are a
// bedrock.CommonError named SerializationException.
func Decode(r *http.Request, body []byte, shape any) error {
	if err := decodeBody(r, body, shape); err != nil {
		return serializationError(err)
	}
	shaped, ok := shape.(bounded)
	if !ok {
		return nil
	}
	var query url.Values
	for _, member := range shaped.Bound() {
		var text string
		switch member.Place {
		case bedrock.InPath:
			text = r.PathValue(member.Name)
		case bedrock.InHeader:
			text = r.Header.Get(member.Name)
		case bedrock.InQuery:
			if query == nil {
				var err error
				// A part that is no parameter could be any: a filter, say.
				if query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
					return serializationError(err)
				}
			}
			text = query.Get(member.Name)
		}
		if text == "" {
			continue
		}
		if err := parse(text, member.Member); err != nil {
			return serializationError(fmt.Errorf("%s: %w", member.Name, err))
		}
	}
	return nil
}

func decodeBody(r *http.Request, body []byte, shape any) error {
	if shaped, ok := shape.(raw); ok {
		*shaped.Payload() = body
		return nil
	}
	if len(body) == 0 || r.Method == http.MethodGet {
		return nil
	}
	if len(body) > maxObjects && bytes.Count(body, []byte("{"))+bytes.Count(body, []byte("null")) > maxObjects {
		return errors.New("the body holds too many objects")
	}
	return json.Unmarshal(body, shape, options)
}

// parse reads the text of a label, a header or a query parameter.
func parse(text string, member any) (err error) {
	switch member := member.(type) {
	case *string:
		*member = text
	case **string:
		*member = &text
	case **int32:
		var n int64
		n, err = strconv.ParseInt(text, 10, 32)
		*member = new(int32(n))
	case **time.Time:
		var t time.Time
		t, err = time.Parse(time.RFC3339, text)
		*member = &t
	default:
		err = fmt.Errorf("no text form for %T", member)
	}
	return err
}
