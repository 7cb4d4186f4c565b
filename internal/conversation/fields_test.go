package conversation_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/saprolite/saprolite/internal/conversation"
)

func TestParsePointers(t *testing.T) {
	for _, path := range []string{"", "stop_sequence", "#/a", "/a~", "/a~2b", "/a/~"} {
		_, err := conversation.ParsePointers([]string{"/good", path})
		refused(t, err, "The value at additionalModelResponseFieldPaths.1 isn't a valid JSON Pointer. Provide a valid JSON Pointer and try again.")
	}
	if pointers, err := conversation.ParsePointers(nil); err != nil || len(pointers) != 0 {
		t.Error(pointers, err)
	}
}

// TestSelectFields follows the pointers of RFC 6901 through two documents.
func TestSelectFields(t *testing.T) {
	documents := []json.RawMessage{
		json.RawMessage(`{"a":{"b":[10,{"c":1.50}],"":"empty","x/y":1,"m~n":2},"null":null,"stop_sequence":"first"}`),
		json.RawMessage(`{"stop_sequence":"second","only":true,"a":7}`),
	}
	for _, test := range []struct {
		paths []string
		want  string
	}{
		{nil, ``},
		{[]string{"/absent", "/a/b/2", "/a/b/-", "/a/b/01", "/a/b/x", "/only/deeper"}, ``},
		{[]string{"/stop_sequence"}, `{"stop_sequence":"first"}`},
		{[]string{"/only"}, `{"only":true}`},
		{[]string{"/null"}, `{"null":null}`},
		{[]string{"/a/b/0"}, `{"a":{"b":{"0":10}}}`},
		{[]string{"/a/b/1/c", "/a/b/0"}, `{"a":{"b":{"0":10,"1":{"c":1.50}}}}`},
		{[]string{"/a/"}, `{"a":{"":"empty"}}`},
		{[]string{"/a/x~1y", "/a/m~0n"}, `{"a":{"m~n":2,"x/y":1}}`},
		{[]string{"/a/b/99999999999999999999"}, ``},
	} {
		t.Run(fmt.Sprint(test.paths), func(t *testing.T) {
			pointers, err := conversation.ParsePointers(test.paths)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(conversation.SelectFields(pointers, documents...)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	pointers, err := conversation.ParsePointers([]string{"/a"})
	if err != nil {
		t.Fatal(err)
	}
	if got := conversation.SelectFields(pointers, nil, json.RawMessage(`"text"`), json.RawMessage(`[1]`)); got != nil {
		t.Errorf("found %s in what is no object", got)
	}
}
