package conversation

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/saprolite/saprolite/internal/bedrock"
	"golang.org/x/image/webp"
)

// The limits of images ("Message", and "Vision" in the documentation of Claude).
const (
	// maxImages is how many a request may hold.
	maxImages = 20
	// maxImage is the length of one in base64: 3.75 MiB of it itself.
	maxImage = 5 << 20
	// maxSide is the longest side of one in pixels, and manySide that of each in a
	// request of more than maxImages, for the models that take so many.
	maxSide, manySide = 8000, 2000
)

// checkMedia holds the images of a request to the limits. It looks into their heads:
// an image is what it says it is, or nothing.
func (r Rules) checkMedia(req *bedrock.ConverseRequest) error {
	var counts mediaCounts
	for _, message := range req.Messages {
		counts.add(message.Content)
	}
	if limit := cmp.Or(r.Model.MaxImages, maxImages); counts.images > limit {
		return r.byModel("too many images and documents: %d + %d > %d", counts.images, counts.documents, limit)
	}
	if limit := r.Model.MaxVideos; limit > 0 && counts.videos > limit {
		return r.byModel("too many videos: %d > %d", counts.videos, limit)
	}
	side := maxSide
	if counts.images > maxImages {
		side = manySide
	}
	for i, message := range req.Messages {
		for j := range message.Content {
			at := fmt.Sprintf("messages.%d.content.%d", i, j)
			if err := r.checkImages(&message.Content[j], message.Role, at, side); err != nil {
				return err
			}
		}
	}
	return nil
}

// mediaCounts are the media of a request, those in results of tools included.
type mediaCounts struct{ images, videos, documents int }

func (c *mediaCounts) add(content []bedrock.ContentBlock) {
	for _, block := range content {
		c.addOne(block.Image != nil, block.Video != nil, block.Document != nil)
		if block.ToolResult == nil {
			continue
		}
		for _, part := range block.ToolResult.Content {
			c.addOne(part.Image != nil, part.Video != nil, part.Document != nil)
		}
	}
}

func (c *mediaCounts) addOne(image, video, document bool) {
	switch {
	case image:
		c.images++
	case video:
		c.videos++
	case document:
		c.documents++
	}
}

// checkImages looks at the image that a block is, and those that it holds.
func (r Rules) checkImages(block *bedrock.ContentBlock, role bedrock.ConversationRole, at string, side int) error {
	switch {
	case role != bedrock.ConversationRoleUser && (block.Image != nil || block.Video != nil || block.Audio != nil):
		return r.byModel("%s: images, videos and audio are only supported in messages with the role user", at)
	case block.Image != nil:
		return r.checkImage(block.Image, at, side)
	case block.ToolResult != nil:
		for k, part := range block.ToolResult.Content {
			if part.Image == nil {
				continue
			}
			if err := r.checkImage(part.Image, fmt.Sprintf("%s.tool_result.content.%d", at, k), side); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkImage holds one image to the limits, in the words of Claude.
func (r Rules) checkImage(block *bedrock.ImageBlock, at string, side int) error {
	if block.Source == nil || block.Source.S3Location != nil {
		return nil
	}
	content := block.Source.Bytes
	at += ".image.source.base64"
	if size := base64.StdEncoding.EncodedLen(len(content)); size > maxImage {
		return r.byModel("%s: image exceeds 5 MB maximum: %d bytes > %d bytes", at, size, maxImage)
	}
	format := imageFormat(content)
	if format == "" {
		return r.byModel("Could not process image")
	}
	if format != block.Format && !r.Model.LaxImages {
		return r.byModel("%s: The image was specified using the image/%s media type, but the image appears to be a image/%s image", at, block.Format, format)
	}
	// The head alone is read; the content is bounded.
	config, err := imageConfig(format, content)
	switch {
	case err != nil:
		return r.byModel("Could not process image")
	case max(config.Width, config.Height) > side && side < maxSide:
		return r.byModel("%s.data: At least one of the image dimensions exceed max allowed size for many-image requests: %d pixels", at, side)
	case max(config.Width, config.Height) > side:
		return r.byModel("%s.data: At least one of the image dimensions exceed max allowed size: %d pixels", at, side)
	}
	return nil
}

func imageConfig(format bedrock.ImageFormat, content []byte) (image.Config, error) {
	reader := bytes.NewReader(content)
	switch format {
	case bedrock.ImageFormatPng:
		return png.DecodeConfig(reader)
	case bedrock.ImageFormatJpeg:
		return jpeg.DecodeConfig(reader)
	case bedrock.ImageFormatGif:
		return gif.DecodeConfig(reader)
	}
	return webp.DecodeConfig(reader)
}

// imageFormat tells the format of an image by its first bytes, or is empty.
func imageFormat(content []byte) bedrock.ImageFormat {
	switch {
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return bedrock.ImageFormatPng
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return bedrock.ImageFormatJpeg
	case bytes.HasPrefix(content, []byte("GIF87a")), bytes.HasPrefix(content, []byte("GIF89a")):
		return bedrock.ImageFormatGif
	case len(content) >= 12 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP":
		return bedrock.ImageFormatWebp
	}
	return ""
}
