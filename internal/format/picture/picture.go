// Package picture reads the images inside native bodies, under bounds: an image
// is measured before it is decoded, for a small file can hold a huge one.
package picture

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"

	// The formats that the service takes.
	_ "image/jpeg"
	_ "image/png"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// MaxPixels bounds an image: 4096 by 4096 (AWS, "Amazon Nova Canvas").
const MaxPixels = 4096 * 4096

// Decode reads the file that a member of a body holds in base64, and its size. The
// error is a *bedrock.ValidationException that names the member.
func Decode(member, text string) ([]byte, image.Point, error) {
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, image.Point{}, invalid("The %s isn't valid base64. Provide a base64-encoded image and try again.", member)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, image.Point{}, invalid("The %s isn't a PNG or JPEG image. Provide a PNG or JPEG image and try again.", member)
	}
	if config.Width*config.Height > MaxPixels || config.Width <= 0 || config.Height <= 0 {
		return nil, image.Point{}, invalid("The %s has %d x %d pixels. Provide an image of at most %d pixels and try again.", member, config.Width, config.Height, MaxPixels)
	}
	return file, image.Pt(config.Width, config.Height), nil
}

// Paint is the colour of a mask's pixels that are painted anew.
type Paint int

// The conventions of the families.
const (
	PaintWhite Paint = iota
	PaintBlack
)

// Mask reads a mask as provider.ImageCall has it: white is painted anew. It is of
// the given size, or refused.
func Mask(member, text string, size image.Point, paint Paint) (*image.Gray, error) {
	file, own, err := Decode(member, text)
	if err != nil {
		return nil, err
	}
	if own != size {
		return nil, invalid("The %s has %d x %d pixels, the image %d x %d. Provide a mask of the size of the image and try again.", member, own.X, own.Y, size.X, size.Y)
	}
	decoded, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, invalid("The %s isn't a PNG or JPEG image. Provide a PNG or JPEG image and try again.", member)
	}
	bounds := decoded.Bounds()
	mask := image.NewGray(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			grey := color.GrayModel.Convert(decoded.At(bounds.Min.X+x, bounds.Min.Y+y)).(color.Gray)
			if paint == PaintBlack {
				grey.Y = 255 - grey.Y
			}
			mask.SetGray(x, y, grey)
		}
	}
	return mask, nil
}

func invalid(format string, args ...any) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf(format, args...)}
}
