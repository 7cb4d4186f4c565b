package canvas_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/canvas"
	"github.com/saprolite/saprolite/internal/provider"
)

const model = "amazon.nova-canvas-v1:0"

// file is a PNG of one colour and 2 by 2 pixels.
func file(t testing.TB, grey uint8) string {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 2, 2))
	for i := range picture.Pix {
		picture.Pix[i] = grey
	}
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(buffer.Bytes())
}

func TestParseRequest(t *testing.T) {
	black := file(t, 0)
	source, err := base64.StdEncoding.DecodeString(black)
	if err != nil {
		t.Fatal(err)
	}
	sources := [][]byte{source}
	for name, test := range map[string]struct {
		body string
		want provider.ImageCall
		mask *uint8
	}{
		"text": {
			`{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a rock","negativeText":"moss","style":"SOFT_DIGITAL_PAINTING"},` +
				`"imageGenerationConfig":{"numberOfImages":2,"quality":"premium","width":1024,"height":512,"cfgScale":6.5,"seed":7}}`,
			provider.ImageCall{
				Prompt: "a rock. Style: soft digital painting", Negative: "moss", Count: 2, Quality: "premium",
				Width: 1024, Height: 512, Seed: new(int64(7)), Format: "png",
			}, nil,
		},
		"inpainting": {
			`{"taskType":"INPAINTING","inPaintingParams":{"image":"` + black + `","maskImage":"` + black + `","text":"moss"}}`,
			provider.ImageCall{Prompt: "moss", Count: 1, Format: "png", Sources: sources}, new(uint8(255)),
		},
		"outpainting": {
			`{"taskType":"OUTPAINTING","outPaintingParams":{"image":"` + black + `","maskImage":"` + black + `","text":"sky","outPaintingMode":"DEFAULT"}}`,
			provider.ImageCall{Prompt: "sky", Count: 1, Format: "png", Sources: sources}, new(uint8(0)),
		},
		"variation": {
			`{"taskType":"IMAGE_VARIATION","imageVariationParams":{"images":["` + black + `"],"text":"older","similarityStrength":0.7}}`,
			provider.ImageCall{Prompt: "older", Count: 1, Format: "png", Sources: sources}, nil,
		},
		"colors": {
			`{"taskType":"COLOR_GUIDED_GENERATION","colorGuidedGenerationParams":{"text":"a rock","colors":["#ff8080","#808000"]}}`,
			provider.ImageCall{Prompt: "a rock. Colors: #ff8080, #808000", Count: 1, Format: "png"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := canvas.New().ParseRequest(model, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if mask := got.Call.Mask; (mask != nil) != (test.mask != nil) || mask != nil && mask.GrayAt(1, 1) != (color.Gray{Y: *test.mask}) {
				t.Errorf("the mask is %v", mask)
			}
			got.Call.Mask = nil
			if d := cmp.Diff(test.want, got.Call); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	const malformed = "Malformed input request: %s, please reformat your input and try again."
	picture := file(t, 0)
	for body, want := range map[string]string{
		`{}`:                                fmt.Sprintf(malformed, "#: required key [taskType] not found"),
		`{"taskType":"PAINT"}`:              fmt.Sprintf(malformed, "#/taskType: PAINT is not a valid enum value"),
		`{"taskType":"TEXT_IMAGE"}`:         fmt.Sprintf(malformed, "#: required key [textToImageParams] not found"),
		`{"taskType":"BACKGROUND_REMOVAL"}`: "The task type BACKGROUND_REMOVAL isn't supported for this model. Provide another task type and try again.",
		`{"taskType":"INPAINTING","inPaintingParams":{"image":"` + picture + `"}}`:                        fmt.Sprintf(malformed, "#/inPaintingParams: required key [maskImage] not found"),
		`{"taskType":"INPAINTING","inPaintingParams":{"image":"aGVsbG8=","maskImage":"` + picture + `"}}`: "The inPaintingParams.image isn't a PNG or JPEG image. Provide a PNG or JPEG image and try again.",
	} {
		_, err := canvas.New().ParseRequest(model, []byte(body))
		refused, _ := errors.AsType[*bedrock.ValidationException](err)
		if refused == nil || refused.Message != want {
			t.Errorf("%s\ngot  %v\nwant %s", body, err, want)
		}
	}
}

func TestRender(t *testing.T) {
	request, err := canvas.New().ParseRequest(model, []byte(`{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a rock"}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := request.Render([][]byte{[]byte("a"), []byte("b")})
	if err != nil || string(got) != `{"images":["YQ==","Yg=="],"error":null}` {
		t.Errorf("%s, %v", got, err)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"taskType":"INPAINTING","inPaintingParams":{"image":"` + file(f, 0) + `","maskImage":"` + file(f, 255) + `"}}`))
	f.Add([]byte(`{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a rock"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		request, err := canvas.New().ParseRequest(model, body)
		if _, ok := errors.AsType[*bedrock.ValidationException](err); err != nil && !ok {
			t.Errorf("%v is no ValidationException", err)
		}
		if err == nil && (request.Call.Count < 1 || request.Call.Count > 5) {
			t.Errorf("%d images", request.Call.Count)
		}
	})
}
