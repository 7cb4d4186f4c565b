package openai

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/provider"
)

// GenerateImages asks POST /images/generations, or /images/edits where there are
// images to start from. Members that OpenAI lacks (negative_prompt, seed) are sent
// only if the call has them; open servers know them.
func (c *Client) GenerateImages(ctx context.Context, call provider.ImageCall) ([][]byte, error) {
	members := imageMembers(call)
	path, contentType, body := "/images/generations", "application/json", []byte(nil)
	var err error
	if len(call.Sources) > 0 {
		path = "/images/edits"
		body, contentType, err = form(call, members)
	} else {
		body, err = json.Marshal(members, json.Deterministic(true))
	}
	if err != nil {
		return nil, c.invalid(err)
	}
	response, err := c.PostWith(ctx, path, http.Header{"Content-Type": {contentType}}, body)
	if err != nil {
		return nil, err
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return nil, err
	}
	images, err := readImages(text, call.Count)
	if err != nil {
		return nil, c.invalid(err)
	}
	return images, nil
}

// imageMembers words a call but for its images.
func imageMembers(call provider.ImageCall) map[string]any {
	members := map[string]any{"model": call.Model, "prompt": call.Prompt, "n": call.Count, "response_format": "b64_json"}
	if call.Width > 0 && call.Height > 0 {
		members["size"] = fmt.Sprintf("%dx%d", call.Width, call.Height)
	}
	switch call.Quality {
	case "premium":
		members["quality"] = "hd"
	case "standard":
		members["quality"] = "standard"
	}
	if call.Negative != "" {
		members["negative_prompt"] = call.Negative
	}
	if call.Seed != nil {
		members["seed"] = *call.Seed
	}
	if call.Format != "" && call.Format != "png" {
		members["output_format"] = call.Format
	}
	return members
}

// form words a call as a form with files.
func form(call provider.ImageCall, members map[string]any) (body []byte, contentType string, err error) {
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	for name, value := range members {
		if err := w.WriteField(name, fmt.Sprint(value)); err != nil {
			return nil, "", err
		}
	}
	name := "image"
	if len(call.Sources) > 1 {
		name = "image[]"
	}
	for i, source := range call.Sources {
		if err := addFile(w, name, "image"+strconv.Itoa(i), source); err != nil {
			return nil, "", err
		}
	}
	if call.Mask != nil {
		mask, err := holes(call.Mask)
		if err != nil {
			return nil, "", err
		}
		if err := addFile(w, "mask", "mask.png", mask); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return buffer.Bytes(), w.FormDataContentType(), nil
}

func addFile(w *multipart.Writer, field, name string, file []byte) error {
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, field, name)},
		"Content-Type":        {http.DetectContentType(file)},
	})
	if err != nil {
		return err
	}
	_, err = part.Write(file)
	return err
}

// holes gives a mask as OpenAI wants it: transparent where the image is painted
// anew, which is where the mask is white.
func holes(mask *image.Gray) ([]byte, error) {
	bounds := mask.Bounds()
	holed := image.NewNRGBA(bounds)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			holed.SetNRGBA(x, y, color.NRGBA{A: 255 - mask.GrayAt(x, y).Y})
		}
	}
	var file bytes.Buffer
	err := png.Encode(&file, holed)
	return file.Bytes(), err
}

// readImages reads an answer of at least one image.
func readImages(text []byte, count int) ([][]byte, error) {
	var answer struct {
		Data []struct {
			Base64 string `json:"b64_json"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer, lenient); err != nil {
		return nil, err
	}
	if len(answer.Data) == 0 {
		return nil, errors.New("the answer holds no image")
	}
	images := make([][]byte, 0, count)
	for _, one := range answer.Data[:min(count, len(answer.Data))] {
		file, err := base64.StdEncoding.DecodeString(one.Base64)
		if err != nil || len(file) == 0 {
			return nil, errors.Join(errors.New("an image is not given as b64_json"), err)
		}
		images = append(images, file)
	}
	return images, nil
}
