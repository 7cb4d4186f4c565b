// Package canvas is the native bodies of Amazon Nova Canvas and Titan Image
// Generator, after their pages in the AWS documentation.
package canvas

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/picture"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of amazon.nova-canvas-* and amazon.titan-image-generator-*.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

type body struct {
	TaskType    string      `json:"taskType" schema:"required"`
	Text        *text       `json:"textToImageParams"`
	Inpainting  *painting   `json:"inPaintingParams"`
	Outpainting *painting   `json:"outPaintingParams"`
	Variation   *variation  `json:"imageVariationParams"`
	Colors      *colors     `json:"colorGuidedGenerationParams"`
	Background  *background `json:"backgroundRemovalParams"`
	TryOn       *tryOn      `json:"virtualTryOnParams"`
	Config      config      `json:"imageGenerationConfig"`
}

type config struct {
	NumberOfImages *int     `json:"numberOfImages" schema:"min=1,max=5"`
	Quality        string   `json:"quality"`
	Width          *int     `json:"width" schema:"min=256,max=4096"`
	Height         *int     `json:"height" schema:"min=256,max=4096"`
	CfgScale       *float64 `json:"cfgScale" schema:"min=1,max=10"`
	Seed           *int64   `json:"seed" schema:"min=0,max=2147483646"`
}

type text struct {
	Text            string   `json:"text" schema:"required,minLength=1,maxLength=1024"`
	NegativeText    string   `json:"negativeText" schema:"maxLength=1024"`
	Style           *string  `json:"style"`
	ConditionImage  *string  `json:"conditionImage"`
	ControlMode     *string  `json:"controlMode"`
	ControlStrength *float64 `json:"controlStrength"`
}

type painting struct {
	Image           string  `json:"image" schema:"required"`
	Text            string  `json:"text" schema:"maxLength=1024"`
	NegativeText    string  `json:"negativeText" schema:"maxLength=1024"`
	MaskImage       *string `json:"maskImage"`
	MaskPrompt      *string `json:"maskPrompt"`
	OutPaintingMode *string `json:"outPaintingMode"`
	ReturnMask      *bool   `json:"returnMask"`
}

type variation struct {
	Images             []string `json:"images" schema:"required,minItems=1,maxItems=5"`
	Text               string   `json:"text" schema:"maxLength=1024"`
	NegativeText       string   `json:"negativeText" schema:"maxLength=1024"`
	SimilarityStrength *float64 `json:"similarityStrength" schema:"min=0.2,max=1"`
}

type colors struct {
	Text           string   `json:"text" schema:"required,minLength=1,maxLength=1024"`
	NegativeText   string   `json:"negativeText" schema:"maxLength=1024"`
	Colors         []string `json:"colors" schema:"required,minItems=1,maxItems=10"`
	ReferenceImage *string  `json:"referenceImage"`
}

type background struct {
	Image string `json:"image" schema:"required"`
}

type tryOn struct {
	SourceImage    string  `json:"sourceImage" schema:"required"`
	ReferenceImage string  `json:"referenceImage" schema:"required"`
	MaskType       *string `json:"maskType"`
}

var bodies = schema.For[body](schema.Counted)

// ParseRequest reads a body. What no server of images can be asked for, as masks
// that are described by words, is refused.
func (Format) ParseRequest(_ string, data []byte) (*format.ImageRequest, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	call := provider.ImageCall{Count: 1, Format: "png", Quality: native.Config.Quality, Seed: native.Config.Seed}
	if n := native.Config.NumberOfImages; n != nil {
		call.Count = *n
	}
	if c := native.Config; c.Width != nil && c.Height != nil {
		call.Width, call.Height = *c.Width, *c.Height
	}
	if err := native.task(&call); err != nil {
		return nil, err
	}
	return &format.ImageRequest{Call: call, Render: render}, nil
}

// task fills in what the task of the body asks.
func (b *body) task(call *provider.ImageCall) error {
	switch b.TaskType {
	case "TEXT_IMAGE":
		return b.Text.fill(call)
	case "INPAINTING":
		return b.Inpainting.fill(call, "inPaintingParams", picture.PaintBlack)
	case "OUTPAINTING":
		return b.Outpainting.fill(call, "outPaintingParams", picture.PaintWhite)
	case "IMAGE_VARIATION":
		return b.Variation.fill(call)
	case "COLOR_GUIDED_GENERATION":
		return b.Colors.fill(call)
	case "BACKGROUND_REMOVAL", "VIRTUAL_TRY_ON":
		return &bedrock.ValidationException{Message: "The task type " + b.TaskType + " isn't supported for this model. Provide another task type and try again."}
	}
	return schema.Violation("#/taskType", b.TaskType+" is not a valid enum value")
}

func missing(params string) error {
	return schema.Violation("#", "required key ["+params+"] not found")
}

func (t *text) fill(call *provider.ImageCall) error {
	switch {
	case t == nil:
		return missing("textToImageParams")
	case t.ConditionImage != nil:
		return schema.Unsupported("textToImageParams.conditionImage")
	}
	call.Prompt, call.Negative = t.Text, t.NegativeText
	if t.Style != nil {
		call.Prompt += ". Style: " + strings.ToLower(strings.ReplaceAll(*t.Style, "_", " "))
	}
	return nil
}

func (p *painting) fill(call *provider.ImageCall, name string, paint picture.Paint) error {
	switch {
	case p == nil:
		return missing(name)
	case p.MaskPrompt != nil:
		return schema.Unsupported(name + ".maskPrompt")
	case p.MaskImage == nil:
		return schema.Violation("#/"+name, "required key [maskImage] not found")
	}
	source, size, err := picture.Decode(name+".image", p.Image)
	if err != nil {
		return err
	}
	call.Mask, err = picture.Mask(name+".maskImage", *p.MaskImage, size, paint)
	call.Prompt, call.Negative, call.Sources = p.Text, p.NegativeText, [][]byte{source}
	return err
}

func (v *variation) fill(call *provider.ImageCall) error {
	if v == nil {
		return missing("imageVariationParams")
	}
	for _, text := range v.Images {
		source, _, err := picture.Decode("imageVariationParams.images", text)
		if err != nil {
			return err
		}
		call.Sources = append(call.Sources, source)
	}
	call.Prompt, call.Negative = v.Text, v.NegativeText
	return nil
}

func (c *colors) fill(call *provider.ImageCall) error {
	if c == nil {
		return missing("colorGuidedGenerationParams")
	}
	call.Prompt, call.Negative = c.Text+". Colors: "+strings.Join(c.Colors, ", "), c.NegativeText
	if c.ReferenceImage == nil {
		return nil
	}
	source, _, err := picture.Decode("colorGuidedGenerationParams.referenceImage", *c.ReferenceImage)
	call.Sources = [][]byte{source}
	return err
}

// render writes the images. The member error is null when all were made.
func render(images [][]byte) ([]byte, error) {
	native := struct {
		Images []string `json:"images"`
		Error  *string  `json:"error"`
	}{Images: make([]string, len(images))}
	for i, file := range images {
		native.Images[i] = base64.StdEncoding.EncodeToString(file)
	}
	return json.Marshal(native)
}
