package conversation_test

import (
	"bytes"
	"encoding/base64"
	img "image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
)

// pngOf makes a grey image.
func pngOf(width, height int) []byte {
	var content bytes.Buffer
	_ = png.Encode(&content, img.NewGray(img.Rect(0, 0, width, height))) // a buffer takes all
	return content.Bytes()
}

// pictures are one pixel in each format.
func pictures(t *testing.T) map[bedrock.ImageFormat][]byte {
	t.Helper()
	pixel := img.NewPaletted(img.Rect(0, 0, 1, 1), color.Palette{color.Black})
	var j, g bytes.Buffer
	if err := jpeg.Encode(&j, pixel, nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&g, pixel, nil); err != nil {
		t.Fatal(err)
	}
	webp, err := base64.StdEncoding.DecodeString("UklGRhQAAABXRUJQVlA4TAgAAAAvAAAAAIiICA==")
	if err != nil {
		t.Fatal(err)
	}
	return map[bedrock.ImageFormat][]byte{"png": pngOf(1, 1), "jpeg": j.Bytes(), "gif": g.Bytes(), "webp": webp}
}

func imageOf(format bedrock.ImageFormat, content []byte) bedrock.ContentBlock {
	return bedrock.ContentBlock{Image: &bedrock.ImageBlock{Format: format, Source: &bedrock.ImageSource{Bytes: content}}}
}

// inResults puts images into the results of tools, whose use they answer.
func inResults(images ...bedrock.ContentBlock) *bedrock.ConverseRequest {
	result := &bedrock.ToolResultBlock{ToolUseId: new("t"), Content: []bedrock.ToolResultContentBlock{{Text: new("a")}}}
	for _, block := range images {
		result.Content = append(result.Content, bedrock.ToolResultContentBlock{Image: block.Image})
	}
	req := talk(user(hi), assistant(bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: new("t")}}), user(bedrock.ContentBlock{ToolResult: result}))
	req.ToolConfig = &bedrock.ToolConfiguration{}
	return req
}

const byModel = "The model returned the following errors: "

func TestImages(t *testing.T) {
	many := able()
	many.MaxImages = 100
	oneVideo := able()
	oneVideo.MaxVideos = 1
	lax := able()
	lax.LaxImages = true
	one := imageOf("png", pngOf(1, 1))
	large := imageOf("png", append(pngOf(1, 1), make([]byte, 3_932_160)...))
	for name, test := range map[string]struct {
		model *catalog.Model
		req   *bedrock.ConverseRequest
		want  string
	}{
		"as many as may be":     {able(), talk(user(slices.Repeat([]bedrock.ContentBlock{one}, 20)...)), ""},
		"one more":              {able(), talk(user(slices.Repeat([]bedrock.ContentBlock{one}, 21)...)), "too many images and documents: 21 + 0 > 20"},
		"more in a result":      {able(), inResults(slices.Repeat([]bedrock.ContentBlock{one}, 21)...), "too many images and documents: 21 + 0 > 20"},
		"many, where they may":  {many, talk(user(slices.Repeat([]bedrock.ContentBlock{one}, 100)...)), ""},
		"too many even there":   {many, talk(user(slices.Repeat([]bedrock.ContentBlock{one}, 101)...)), "too many images and documents: 101 + 0 > 100"},
		"large":                 {able(), talk(user(hi, large)), "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 5242976 bytes > 5242880 bytes"},
		"large in a result":     {able(), inResults(large), "messages.2.content.0.tool_result.content.1.image.source.base64: image exceeds 5 MB maximum: 5242976 bytes > 5242880 bytes"},
		"a video":               {oneVideo, talk(user(hi, video)), ""},
		"two videos":            {oneVideo, talk(user(hi, video), assistant(hi), user(video)), "too many videos: 2 > 1"},
		"two, where they may":   {able(), talk(user(video, video)), ""},
		"as wide as may be":     {able(), talk(user(imageOf("png", pngOf(8000, 1)))), ""},
		"wider":                 {able(), talk(user(imageOf("png", pngOf(8001, 1)))), "messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels"},
		"higher":                {able(), talk(user(imageOf("png", pngOf(1, 8001)))), "messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels"},
		"wide among many":       {many, talk(user(append(slices.Repeat([]bedrock.ContentBlock{one}, 20), imageOf("png", pngOf(2001, 1)))...)), "messages.0.content.20.image.source.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels"},
		"another format":        {able(), talk(user(imageOf("jpeg", pngOf(1, 1)))), "messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media type, but the image appears to be a image/png image"},
		"which may be":          {lax, talk(user(imageOf("jpeg", pngOf(1, 1)))), ""},
		"no image":              {able(), talk(user(imageOf("png", []byte("hello")))), "Could not process image"},
		"a head alone":          {able(), talk(user(imageOf("png", pngOf(1, 1)[:12]))), "Could not process image"},
		"of the assistant":      {able(), talk(user(hi), assistant(one)), "messages.1.content.0: images, videos and audio are only supported in messages with the role user"},
		"a video of the system": {able(), talk(user(hi), said("system", video)), "messages.1.content.0: images, videos and audio are only supported in messages with the role user"},
	} {
		t.Run(name, func(t *testing.T) {
			rules := conversation.Rules{Model: test.model, Provider: every}
			want := test.want
			refused(t, rules.CheckNative(test.req), want)
			if want != "" {
				want = byModel + want
			}
			refused(t, rules.Check(test.req), want)
		})
	}
	for format, content := range pictures(t) {
		refused(t, conversation.Rules{Model: able(), Provider: every}.Check(talk(user(imageOf(format, content)))), "")
	}
}

// FuzzImage fails on no image.
func FuzzImage(f *testing.F) {
	f.Add("png", pngOf(2, 2))
	f.Add("webp", []byte("RIFF\x14\x00\x00\x00WEBPVP8L\x08\x00\x00\x00/\x00\x00\x00\x00\x88\x88\x08"))
	f.Add("gif", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"))
	f.Add("jpeg", []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"))
	f.Fuzz(func(t *testing.T, format string, content []byte) {
		err := conversation.Rules{Model: able(), Provider: every}.Check(talk(user(imageOf(bedrock.ImageFormat(format), content))))
		if _, ok := err.(*bedrock.ValidationException); err != nil && !ok {
			t.Error(err)
		}
	})
}
