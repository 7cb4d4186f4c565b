// Package stability is the native bodies of Stability AI's image models: Stable
// Diffusion 3 and 3.5, Stable Image Core and Ultra, and of the image services
// those that repaint: inpaint and erase. They follow their pages in the Bedrock
// user guide.
package stability

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/picture"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of stability.*.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

type body struct {
	Prompt         string   `json:"prompt" schema:"maxLength=10000"`
	NegativePrompt string   `json:"negative_prompt" schema:"maxLength=10000"`
	Mode           string   `json:"mode"`
	Image          string   `json:"image"`
	Mask           string   `json:"mask"`
	Strength       *float64 `json:"strength" schema:"min=0,max=1"`
	GrowMask       *int     `json:"grow_mask" schema:"min=0,max=20"`
	StylePreset    string   `json:"style_preset"`
	AspectRatio    string   `json:"aspect_ratio"`
	Seed           int64    `json:"seed" schema:"min=0,max=4294967294"`
	OutputFormat   string   `json:"output_format"`
}

var bodies = schema.For[body](schema.Counted)

// sizes are the widths and heights of the aspect ratios, of about a million pixels
// each (Stability AI's documentation of Stable Diffusion 3).
func sizes() map[string][2]int {
	return map[string][2]int{
		"1:1": {1024, 1024}, "16:9": {1344, 768}, "21:9": {1536, 640}, "2:3": {832, 1216}, "3:2": {1216, 832},
		"4:5": {896, 1088}, "5:4": {1088, 896}, "9:16": {768, 1344}, "9:21": {640, 1536},
	}
}

// ParseRequest reads a body. The image services that no server of images can be
// asked for are refused.
func (Format) ParseRequest(modelID string, data []byte) (*format.ImageRequest, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	call := provider.ImageCall{Prompt: native.Prompt, Negative: native.NegativePrompt, Count: 1, Seed: &native.Seed}
	if native.Seed == 0 {
		// 0 asks for a seed of the model's choice, which the answer tells.
		call.Seed = new(int64(rand.Uint32N(1<<32 - 2)))
	}
	if err := native.output(&call); err != nil {
		return nil, err
	}
	if err := native.task(modelID, &call); err != nil {
		return nil, err
	}
	if native.StylePreset != "" {
		call.Prompt += ". Style: " + strings.ReplaceAll(native.StylePreset, "-", " ")
	}
	return &format.ImageRequest{Call: call, Render: func(images [][]byte) ([]byte, error) {
		return render(images, *call.Seed)
	}}, nil
}

// output fills in the form of the images.
func (b *body) output(call *provider.ImageCall) error {
	switch b.OutputFormat {
	case "":
		call.Format = "png"
	case "png", "jpeg", "webp":
		call.Format = b.OutputFormat
	default:
		return schema.Violation("#/output_format", b.OutputFormat+" is not a valid enum value")
	}
	if b.AspectRatio == "" {
		return nil
	}
	size, ok := sizes()[b.AspectRatio]
	if !ok {
		return schema.Violation("#/aspect_ratio", b.AspectRatio+" is not a valid enum value")
	}
	call.Width, call.Height = size[0], size[1]
	return nil
}

// task fills in what the model does with images.
func (b *body) task(modelID string, call *provider.ImageCall) error {
	service, isService := strings.CutPrefix(modelID, "stability.stable-image-")
	switch {
	case strings.HasPrefix(service, "inpaint-"), strings.HasPrefix(service, "erase-object-"):
		return b.repaint(call)
	case isService && !strings.HasPrefix(service, "core-") && !strings.HasPrefix(service, "ultra-"),
		strings.Contains(modelID, "upscale"), strings.Contains(modelID, "outpaint"), strings.Contains(modelID, "style-transfer"):
		return &bedrock.ValidationException{Message: "The requested operation is not supported for the provided model."}
	case b.Prompt == "":
		return schema.Violation("#", "required key [prompt] not found")
	case b.Mode == "image-to-image" || b.Image != "":
		source, _, err := picture.Decode("image", b.Image)
		call.Sources = [][]byte{source}
		return err
	}
	return nil
}

// repaint reads an image and what of it is painted anew. Erasing paints what lies
// around.
func (b *body) repaint(call *provider.ImageCall) error {
	if b.Image == "" || b.Mask == "" {
		return schema.Violation("#", "required keys [image] and [mask] not found")
	}
	source, size, err := picture.Decode("image", b.Image)
	if err != nil {
		return err
	}
	call.Mask, err = picture.Mask("mask", b.Mask, size, picture.PaintWhite)
	call.Sources = [][]byte{source}
	if call.Prompt == "" {
		call.Prompt = "The background of the image, with nothing in front of it"
	}
	return err
}

// render writes the images. A reason to finish that is null is none to complain.
func render(images [][]byte, seed int64) ([]byte, error) {
	native := struct {
		Seeds         []int64   `json:"seeds"`
		FinishReasons []*string `json:"finish_reasons"`
		Images        []string  `json:"images"`
	}{Seeds: make([]int64, len(images)), FinishReasons: make([]*string, len(images)), Images: make([]string, len(images))}
	for i, file := range images {
		native.Seeds[i] = seed
		native.Images[i] = base64.StdEncoding.EncodeToString(file)
	}
	return json.Marshal(native)
}
