package picture_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/picture"
)

// file is a PNG whose left half is black and whose right half is white.
func file(t testing.TB, width, height int) string {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := width / 2; x < width; x++ {
			picture.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(buffer.Bytes())
}

func TestMask(t *testing.T) {
	for paint, left := range map[picture.Paint]uint8{picture.PaintWhite: 0, picture.PaintBlack: 255} {
		mask, err := picture.Mask("mask", file(t, 4, 2), image.Pt(4, 2), paint)
		if err != nil {
			t.Fatal(err)
		}
		if mask.GrayAt(0, 1).Y != left || mask.GrayAt(3, 0).Y != 255-left {
			t.Errorf("paint %d: %v", paint, mask.Pix)
		}
	}
}

func TestRefusals(t *testing.T) {
	// The head of a PNG alone, which says that it is huge.
	huge, err := base64.StdEncoding.DecodeString(file(t, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	// Without a checksum that fits, the head is not believed.
	for name, text := range map[string]string{
		"no base64": "%", "no image": "aGVsbG8=", "nothing": "",
		"a broken head": base64.StdEncoding.EncodeToString(append(huge[:16:16], "\x7f\xff\xff\xff\x7f\xff\xff\xff"...)),
		"too large":     file(t, 5000, 4000),
	} {
		_, _, err := picture.Decode("image", text)
		refused, ok := errors.AsType[*bedrock.ValidationException](err)
		if !ok || !strings.Contains(refused.Message, "image") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := picture.Mask("mask", file(t, 4, 2), image.Pt(4, 4), picture.PaintWhite); err == nil {
		t.Error("a mask of another size is taken")
	}
}

func FuzzMask(f *testing.F) {
	f.Add(file(f, 3, 3))
	f.Add("aGVsbG8=")
	f.Fuzz(func(t *testing.T, text string) {
		_, size, err := picture.Decode("image", text)
		if err != nil || size.X*size.Y > 1<<16 {
			return
		}
		if mask, err := picture.Mask("mask", text, size, picture.PaintBlack); err == nil && mask.Bounds().Size() != size {
			t.Errorf("a mask of %v for %v", mask.Bounds(), size)
		}
	})
}
