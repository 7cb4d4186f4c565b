// Package restjson carries the shapes of package bedrock over HTTP by the AWS
// protocol restJson1. Struct tags of the shapes say which member travels where:
// label (path), query, header, payload (the raw body), json (the body).
package restjson

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// options are how the service reads JSON: names match by case, unknown members
// are ignored, the last of several equal names wins.
var options = json.JoinOptions(allowDuplicateNames)

// Decode fills a shape from a request, whose body was read before. The path
// labels come from r.PathValue. Errors are a bedrock.CommonError named
// SerializationException.
func Decode(r *http.Request, body []byte, shape any) error {
	v := reflect.ValueOf(shape).Elem()
	members := membersOf(v.Type())
	if members.payload >= 0 {
		v.Field(members.payload).SetBytes(body)
	} else if len(body) > 0 && members.hasBody {
		if err := json.Unmarshal(body, shape, options); err != nil {
			return serializationError(err)
		}
	}
	var query url.Values
	for _, m := range members.bound {
		var text string
		switch m.place {
		case placeLabel:
			text = r.PathValue(m.name)
		case placeHeader:
			text = r.Header.Get(m.name)
		case placeQuery:
			if query == nil {
				query = r.URL.Query()
			}
			text = query.Get(m.name)
		}
		if text == "" {
			continue
		}
		if err := setText(v.Field(m.field), text); err != nil {
			return serializationError(fmt.Errorf("%s: %w", m.name, err))
		}
	}
	return nil
}

// setText parses the text of a label, header or query parameter.
func setText(field reflect.Value, text string) error {
	if field.Kind() == reflect.Pointer {
		value := reflect.New(field.Type().Elem())
		if err := setText(value.Elem(), text); err != nil {
			return err
		}
		field.Set(value)
		return nil
	}
	switch target := field.Addr().Interface().(type) {
	case *bool:
		value, err := strconv.ParseBool(text)
		*target = value
		return err
	case *int32:
		value, err := strconv.ParseInt(text, 10, 32)
		*target = int32(value)
		return err
	case *time.Time:
		value, err := time.Parse(time.RFC3339, text)
		*target = value
		return err
	}
	if field.Kind() != reflect.String {
		panic(fmt.Sprintf("restjson: no text form for %s", field.Type()))
	}
	field.SetString(text)
	return nil
}
