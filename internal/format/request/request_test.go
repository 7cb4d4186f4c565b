package request_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/format/request"
)

func TestRender(t *testing.T) {
	names := request.Names{"top_k": "k"}
	for _, test := range []struct{ name, native, additional, want string }{
		{"nothing", `{"a":1}`, ``, `{"a":1}`},
		{"null", `{"a":1}`, `null`, `{"a":1}`},
		{"new comes last", `{"b":1}`, `{"a":2}`, `{"b":1,"a":2}`},
		{"objects merge", `{"c":{"x":1,"y":2}}`, `{"c":{"y":3,"z":4}}`, `{"c":{"x":1,"y":3,"z":4}}`},
		{"others replace", `{"c":{"x":1},"d":[1]}`, `{"c":5,"d":[2]}`, `{"c":5,"d":[2]}`},
		{"names", `{}`, `{"top_k":5}`, `{"k":5}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := request.Render(jsontext.Value(test.native), []byte(test.additional), names)
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
	if _, err := request.Render(struct{}{}, []byte(`[1]`), nil); err == nil {
		t.Error("an array was merged into an object")
	}
}

func TestFields(t *testing.T) {
	type fields struct {
		TopK *int32 `json:"top_k,omitzero"`
	}
	if got, err := request.Fields(fields{}); got != nil || err != nil {
		t.Errorf("no member gives %s, %v", got, err)
	}
	if got, _ := request.Fields(fields{new(int32(3))}); string(got) != `{"top_k":3}` {
		t.Errorf("got %s", got)
	}
}

func TestHas(t *testing.T) {
	for body, want := range map[string]bool{
		`{"a":{"messages":1},"messages":[]}`: true,
		`{"a":{"messages":1}}`:               false,
		`{"messages`:                         false,
		`["messages"]`:                       false,
		``:                                   false,
	} {
		if got := request.Has([]byte(body), "messages"); got != want {
			t.Errorf("%s: got %v", body, got)
		}
	}
}
