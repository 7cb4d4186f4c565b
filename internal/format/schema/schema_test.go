package schema_test

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// body has a member of every kind that native bodies have.
type body struct {
	Text   *string        `json:"text" schema:"required,minLength=1,maxLength=4"`
	Config *config        `json:"config"`
	Turns  []turn         `json:"turns" schema:"maxItems=2"`
	Stop   stop           `json:"stop"`
	Any    jsontext.Value `json:"any"`
}

type config struct {
	Temperature *float32 `json:"temperature" schema:"min=0,max=0.1"`
	Limit       *int32   `json:"limit" schema:"min=1"`
	Echo        *bool    `json:"echo" schema:"nullable"`
}

type turn struct {
	Role string `json:"role" schema:"required"`
}

// stop reads a string or an array of strings.
type stop []string

func (s *stop) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	value, err := d.ReadValue()
	if err == nil && value.Kind() != '"' && value.Kind() != '[' {
		err = errors.New("neither a string nor an array")
	}
	*s = stop{string(value)}
	return err
}

const again = ", please reformat your input and try again."

func TestDecode(t *testing.T) {
	counted, listed := schema.For[body](schema.Counted), schema.For[body](schema.Listed)
	for _, test := range []struct{ name, body, message string }{
		{"whole", `{"text":"null","config":{"temperature":0.1,"limit":7,"echo":null},"turns":[{"role":"a"}],"stop":"x","any":null}`, ""},
		{"least", `{"text":"a"}`, ""},
		{"no JSON", `{"text":`, "Malformed input request" + again},
		{"empty", ``, "Malformed input request" + again},
		{"twice", `{"text":"a","text":"b"}`, "Malformed input request" + again},
		{"not UTF-8", "{\"text\":\"\xff\"}", "Malformed input request" + again},
		{"no object", `[]`, "Malformed input request: #: expected type: JSONObject, found: JSONArray" + again},
		{"missing", `{}`, "Malformed input request: #: required key [text] not found" + again},
		{"null", `{"text":null}`, "Malformed input request: #/text: expected type: String, found: Null" + again},
		{"short", `{"text":""}`, "Malformed input request: #/text: expected minLength: 1, actual: 0" + again},
		{"long", `{"text":"12345"}`, "Malformed input request: #/text: expected maxLength: 4, actual: 5" + again},
		{"long in UTF-16", `{"text":"😱😱😱"}`, "Malformed input request: #/text: expected maxLength: 4, actual: 6" + again},
		{"extra", `{"text":"a","x":1}`, "Malformed input request: #: extraneous key [x] is not permitted" + again},
		{"inner extra", `{"text":"a","config":{"x":1}}`, "Malformed input request: #/config: extraneous key [x] is not permitted" + again},
		{"type", `{"text":"a","config":{"temperature":"1"}}`, "Malformed input request: #/config/temperature: expected type: Number, found: String" + again},
		{"fraction", `{"text":"a","config":{"limit":1.5}}`, "Malformed input request: #/config/limit: expected type: Integer, found: BigDecimal" + again},
		{"high", `{"text":"a","config":{"temperature":0.11}}`, "Malformed input request: #/config/temperature: 0.11 is not less or equal to 0.1" + again},
		{"low", `{"text":"a","config":{"limit":0}}`, "Malformed input request: #/config/limit: 0 is not greater or equal to 1" + again},
		{"huge", `{"text":"a","config":{"limit":99999999999}}`, "Malformed input request: #/config/limit: 99999999999 is not less or equal to 2147483647" + again},
		{"items", `{"text":"a","turns":[{"role":"a"},{"role":"b"},{"role":"c"}]}`, "Malformed input request: #/turns: expected maximum item count: 2, found: 3" + again},
		{"in an item", `{"text":"a","turns":[{"role":"a"},{}]}`, "Malformed input request: #/turns/1: required key [role] not found" + again},
		{"union", `{"text":"a","stop":1}`, "Malformed input request: #/stop: #: no subschema matched out of the total 2 subschemas" + again},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := counted.Decode([]byte(test.body))
			wantMessage(t, err, test.message)
		})
	}
	several := []byte(`{"Text":"a","config":{"limit":null}}`)
	_, err := counted.Decode(several)
	wantMessage(t, err, "Malformed input request: 3 schema violations found"+again)
	_, err = listed.Decode(several)
	wantMessage(t, err, "Malformed input request: #: required key [text] not found#: extraneous key [Text] is not permitted"+
		"#/config/limit: expected type: Integer, found: Null"+again)
}

func wantMessage(t *testing.T, err error, message string) {
	t.Helper()
	if message == "" {
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
		return
	}
	var exception *bedrock.ValidationException
	if !errors.As(err, &exception) || exception.Message != message {
		t.Errorf("got  %v\nwant %s", err, message)
	}
}

func FuzzDecode(f *testing.F) {
	s := schema.For[body](schema.Counted)
	f.Add([]byte(`{"text":"a","config":{"temperature":0.1,"limit":7},"turns":[{"role":"a"}],"stop":["x"],"any":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := s.Decode(data)
		var exception *bedrock.ValidationException
		if (err != nil) == (value != nil) || err != nil && !errors.As(err, &exception) {
			t.Errorf("value %v, error %v", value, err)
		}
	})
}
