package openai

import (
	"cmp"
	"encoding/base64"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// mediaPart words an image, a video or a sound of a block; the others are nil. The
// error is that of a model which cannot fetch what lies elsewhere.
func mediaPart(image *bedrock.ImageBlock, video *bedrock.VideoBlock, audio *bedrock.AudioBlock) (Part, error) {
	switch {
	case image != nil && image.Source != nil && image.Source.Bytes != nil:
		return Part{Image: dataURL("image/"+string(image.Format), image.Source.Bytes)}, nil
	case video != nil && video.Source != nil && video.Source.Bytes != nil:
		return Part{Video: dataURL(videoType(video.Format), video.Source.Bytes)}, nil
	case audio != nil && audio.Source != nil && audio.Source.Bytes != nil:
		return Part{Audio: Audio{base64.StdEncoding.EncodeToString(audio.Source.Bytes), audioFormat(audio.Format)}}, nil
	case image != nil:
		return Part{}, unsupported("image")
	case video != nil:
		return Part{}, unsupported("video")
	}
	return Part{}, unsupported("audio")
}

func dataURL(mediaType string, content []byte) string {
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(content)
}

// videoType is the media type of a format, as IANA and common usage have it.
func videoType(format bedrock.VideoFormat) string {
	types := map[bedrock.VideoFormat]string{
		bedrock.VideoFormatMkv: "video/x-matroska", bedrock.VideoFormatMov: "video/quicktime",
		bedrock.VideoFormatFlv: "video/x-flv", bedrock.VideoFormatMpg: "video/mpeg",
		bedrock.VideoFormatWmv: "video/x-ms-wmv", bedrock.VideoFormatThreeGp: "video/3gpp",
	}
	return cmp.Or(types[format], "video/"+string(format))
}

// audioFormat is the word of open servers for a format.
func audioFormat(format bedrock.AudioFormat) string {
	switch format {
	case bedrock.AudioFormatMpeg, bedrock.AudioFormatMpga:
		return "mp3"
	case bedrock.AudioFormatXAac:
		return "aac"
	}
	return string(format)
}
