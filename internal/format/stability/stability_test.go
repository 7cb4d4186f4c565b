package stability_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/stability"
	"github.com/saprolite/saprolite/internal/provider"
)

const (
	large   = "stability.sd3-5-large-v1:0"
	inpaint = "stability.stable-image-inpaint-v1:0"
)

func file(t testing.TB) ([]byte, string) {
	t.Helper()
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes(), base64.StdEncoding.EncodeToString(buffer.Bytes())
}

func TestParseRequest(t *testing.T) {
	source, text := file(t)
	for name, test := range map[string]struct {
		model, body string
		want        provider.ImageCall
		mask        bool
	}{
		"text": {
			large, `{"prompt":"a rock","negative_prompt":"moss","aspect_ratio":"16:9","seed":7,"output_format":"jpeg","mode":"text-to-image"}`,
			provider.ImageCall{Prompt: "a rock", Negative: "moss", Count: 1, Width: 1344, Height: 768, Seed: new(int64(7)), Format: "jpeg"}, false,
		},
		"image": {
			large, `{"prompt":"older","mode":"image-to-image","image":"` + text + `","strength":0.7,"seed":7}`,
			provider.ImageCall{Prompt: "older", Count: 1, Seed: new(int64(7)), Format: "png", Sources: [][]byte{source}}, false,
		},
		"inpaint": {
			inpaint, `{"prompt":"moss","image":"` + text + `","mask":"` + text + `","seed":7,"style_preset":"pixel-art"}`,
			provider.ImageCall{Prompt: "moss. Style: pixel art", Count: 1, Seed: new(int64(7)), Format: "png", Sources: [][]byte{source}}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stability.New().ParseRequest(test.model, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if (got.Call.Mask != nil) != test.mask {
				t.Errorf("the mask is %v", got.Call.Mask)
			}
			got.Call.Mask = nil
			if d := cmp.Diff(test.want, got.Call); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct{ model, body, want string }{
		{large, `{}`, "Malformed input request: #: required key [prompt] not found, please reformat your input and try again."},
		{large, `{"prompt":"a","aspect_ratio":"7:1"}`, "Malformed input request: #/aspect_ratio: 7:1 is not a valid enum value, please reformat your input and try again."},
		{large, `{"prompt":"a","size":1}`, "Malformed input request: #: extraneous key [size] is not permitted, please reformat your input and try again."},
		{inpaint, `{"prompt":"a"}`, "Malformed input request: #: required keys [image] and [mask] not found, please reformat your input and try again."},
		{"stability.stable-outpaint-v1:0", `{"prompt":"a"}`, "The requested operation is not supported for the provided model."},
	} {
		_, err := stability.New().ParseRequest(test.model, []byte(test.body))
		refused, _ := errors.AsType[*bedrock.ValidationException](err)
		if refused == nil || refused.Message != test.want {
			t.Errorf("%s\ngot  %v\nwant %s", test.body, err, test.want)
		}
	}
}

// TestRender tells the seed, one that was made up too.
func TestRender(t *testing.T) {
	request, err := stability.New().ParseRequest(large, []byte(`{"prompt":"a","seed":9}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := request.Render([][]byte{[]byte("a")})
	if err != nil || string(got) != `{"seeds":[9],"finish_reasons":[null],"images":["YQ=="]}` {
		t.Errorf("%s, %v", got, err)
	}
	if request, err = stability.New().ParseRequest(large, []byte(`{"prompt":"a"}`)); err != nil || request.Call.Seed == nil {
		t.Errorf("no seed, %v", err)
	}
}

func FuzzParseRequest(f *testing.F) {
	_, text := file(f)
	f.Add(inpaint, []byte(`{"prompt":"moss","image":"`+text+`","mask":"`+text+`"}`))
	f.Add(large, []byte(`{"prompt":"a"}`))
	f.Fuzz(func(t *testing.T, model string, body []byte) {
		_, err := stability.New().ParseRequest(model, body)
		if _, ok := errors.AsType[*bedrock.ValidationException](err); err != nil && !ok {
			t.Errorf("%v is no ValidationException", err)
		}
	})
}
