package restjson_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/restjson"
)

// FuzzDecode reads any body as a conversation: it is refused by a
// SerializationException, or what it becomes can be checked, written and read
// again as the same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`,
		`{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"AP+/"}}}]}]}`,
		`{"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"auto":{}}}}`,
		`{"inferenceConfig":{"maxTokens":1,"temperature":0.5,"stopSequences":["a"]},"requestMetadata":{"a":"b"}}`,
		`{"additionalModelRequestFields":{"a":[1,null,"\u0000"]},"additionalModelResponseFieldPaths":["/a"]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var first, second bedrock.ConverseRequest
		if err := restjson.Decode(post(), body, &first); err != nil {
			if common, ok := errors.AsType[*bedrock.CommonError](err); !ok || common.Code != "SerializationException" || common.Message == "" {
				t.Fatal(err)
			}
			return
		}
		if err := first.Validate(); err != nil {
			if _, ok := errors.AsType[*bedrock.ValidationException](err); !ok {
				t.Fatal(err)
			}
		}
		var written bytes.Buffer
		if err := restjson.EncodeBody(&written, &first); err != nil {
			t.Fatalf("it cannot be written: %v", err)
		}
		if err := restjson.Decode(post(), written.Bytes(), &second); err != nil {
			t.Fatalf("%s cannot be read: %v", written.Bytes(), err)
		}
		var again bytes.Buffer
		if err := restjson.EncodeBody(&again, &second); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(written.String(), again.String()); d != "" {
			t.Error(d)
		}
	})
}
