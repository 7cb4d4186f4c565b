package pipeline

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/objectstore"
)

// Fetch gives the request with bytes in place of each s3Location, as if they had
// come with it. A provider that fetches itself gets the request as it is. The error
// carries a bedrock.Exception.
func (r *Route) Fetch(ctx context.Context, req *bedrock.ConverseRequest) (*bedrock.ConverseRequest, error) {
	if r.objects == nil || r.own().S3Locations {
		return req, nil
	}
	p := &placing{blind: !r.Model.S3Locations, named: map[[2]string]*wanted{}}
	placed := *req
	placed.Messages = slices.Clone(req.Messages)
	for i := range placed.Messages {
		p.message(&placed.Messages[i], fmt.Sprintf("messages.%d", i))
	}
	switch {
	case len(p.all) > 0:
		if err := r.fetch(ctx, p.all); err != nil {
			return nil, err
		}
	case !p.left:
		return req, nil
	}
	return &placed, nil
}

// FetchText gives the text of an object, in UTF-8; at is the place of its source in
// the request. The error carries a bedrock.Exception.
func (r *Route) FetchText(ctx context.Context, location *bedrock.S3Location, at string) (string, error) {
	if r.objects == nil {
		return "", invalid("This model doesn't support the s3Uri field. Remove s3Uri and try again.")
	}
	var text []byte
	uri := value(location.Uri)
	err := r.fetch(ctx, []*wanted{{textMedium, at, uri, []func([]byte){func(content []byte) { text = content }}}})
	if err == nil && (len(text) == 0 || !utf8.Valid(text)) {
		err = invalid("The object at the S3 URI %s holds no text. Provide one with text in UTF-8 and try again.", uri)
	}
	return string(text), err
}

// fetch brings what the caller may read.
func (r *Route) fetch(ctx context.Context, all []*wanted) error {
	for _, w := range all {
		name, err := objectstore.ParseName(w.uri)
		if err != nil || r.MayRead == nil {
			continue // what names nothing is refused in its own words
		}
		if err := r.MayRead(name); err != nil {
			return err
		}
	}
	return r.objects.fetch(ctx, all)
}

// placing copies what of a request holds an s3Location, and notes what is wanted.
type placing struct {
	// blind says that the model takes no s3Location. The rules have refused those
	// that the service refuses; what remains are documents in results of tools, which
	// the service leaves out (recorded).
	blind bool
	// left says that something was left out.
	left bool
	all  []*wanted
	// named are the same, by medium and URI.
	named map[[2]string]*wanted
}

func (p *placing) message(m *bedrock.Message, at string) {
	m.Content = slices.Clone(m.Content)
	for j := range m.Content {
		block := &m.Content[j]
		at := fmt.Sprintf("%s.content.%d", at, j)
		p.image(&block.Image, at)
		p.document(&block.Document, at)
		p.video(&block.Video, at)
		p.audio(&block.Audio, at)
		if block.ToolResult != nil {
			block.ToolResult = p.result(block.ToolResult, at+".toolResult")
		}
	}
}

func (p *placing) result(result *bedrock.ToolResultBlock, at string) *bedrock.ToolResultBlock {
	placed := *result
	placed.Content = slices.Clone(result.Content)
	if p.blind {
		placed.Content = slices.DeleteFunc(placed.Content, func(content bedrock.ToolResultContentBlock) bool {
			return content.Document != nil && content.Document.Source != nil && content.Document.Source.S3Location != nil
		})
		p.left = p.left || len(placed.Content) < len(result.Content)
	}
	for k := range placed.Content {
		content := &placed.Content[k]
		at := fmt.Sprintf("%s.content.%d", at, k)
		p.image(&content.Image, at)
		p.document(&content.Document, at)
		p.video(&content.Video, at)
	}
	return &placed
}

func (p *placing) image(block **bedrock.ImageBlock, at string) {
	if *block == nil || (*block).Source == nil || (*block).Source.S3Location == nil {
		return
	}
	from, placed := (*block).Source, **block
	placed.Source = new(bedrock.ImageSource)
	*block = &placed
	p.want(imageMedium, from.S3Location, at, func(content []byte) { placed.Source.Bytes = content })
}

func (p *placing) document(block **bedrock.DocumentBlock, at string) {
	if *block == nil || (*block).Source == nil || (*block).Source.S3Location == nil {
		return
	}
	from, placed := (*block).Source, **block
	placed.Source = new(bedrock.DocumentSource)
	*block = &placed
	p.want(documentMedium, from.S3Location, at, func(content []byte) { placed.Source.Bytes = content })
}

func (p *placing) video(block **bedrock.VideoBlock, at string) {
	if *block == nil || (*block).Source == nil || (*block).Source.S3Location == nil {
		return
	}
	from, placed := (*block).Source, **block
	placed.Source = new(bedrock.VideoSource)
	*block = &placed
	p.want(videoMedium, from.S3Location, at, func(content []byte) { placed.Source.Bytes = content })
}

func (p *placing) audio(block **bedrock.AudioBlock, at string) {
	if *block == nil || (*block).Source == nil || (*block).Source.S3Location == nil {
		return
	}
	from, placed := (*block).Source, **block
	placed.Source = new(bedrock.AudioSource)
	*block = &placed
	p.want(audioMedium, from.S3Location, at, func(content []byte) { placed.Source.Bytes = content })
}

// want notes an object. One that the request names more than once, as the turns of
// a conversation do, is fetched once.
func (p *placing) want(kind medium, location *bedrock.S3Location, at string, set func([]byte)) {
	uri := value(location.Uri)
	object := [2]string{kind.name, uri}
	if w := p.named[object]; w != nil {
		w.set = append(w.set, set)
		return
	}
	w := &wanted{kind, fmt.Sprintf("%s.%s.source", at, kind.name), uri, []func([]byte){set}}
	p.all, p.named[object] = append(p.all, w), w
}
