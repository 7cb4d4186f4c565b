package bedrock

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// Forward passes a request on to the same operation.
func (p *Provider) Forward(ctx context.Context, call provider.RawCall) provider.Pieces {
	return func(yield func(provider.Piece, error) bool) {
		if err := p.forward(ctx, call, yield); err != nil {
			yield(provider.Piece{}, err)
		}
	}
}

func (p *Provider) forward(ctx context.Context, call provider.RawCall, yield func(provider.Piece, error) bool) error {
	response, err := p.client.PostWith(ctx, pathOf(call.Operation.URI, call.Model), call.Header, call.Body)
	if err != nil {
		return err
	}
	defer response.Close()
	header := provider.MemberHeaders(response.Header)
	if streams(response) {
		return p.frames(ctx, response, func(frame []byte) bool {
			more := yield(provider.Piece{Header: header, Body: frame}, nil)
			header = nil
			return more
		})
	}
	body, err := response.ReadAll()
	if err != nil {
		return err
	}
	yield(provider.Piece{Header: header, Body: body}, nil)
	return nil
}

func streams(response *openai.Response) bool {
	return strings.HasPrefix(response.Header.Get("Content-Type"), eventstream.ContentType)
}

// frames yields the frames of a stream. Whole ones: who passes them on can say
// behind the last that the rest is missing.
func (p *Provider) frames(ctx context.Context, response *openai.Response, yield func([]byte) bool) error {
	reader := eventstream.NewReader(bufio.NewReader(response))
	var frame []byte
	for began := false; ; began = true {
		var err error
		if frame, err = reader.NextFrame(frame[:0]); err != nil {
			return p.cut(response, began, began, err)
		}
		if ctx.Err() != nil {
			return provider.EndedError(ctx.Err())
		}
		if !yield(frame) {
			return nil
		}
	}
}

// cut is the error of a stream that ended by err, or nil if it was complete.
func (p *Provider) cut(response *openai.Response, began, complete bool, err error) error {
	switch {
	case err == io.EOF && complete:
		return nil
	case err == io.EOF && began:
		return p.client.StreamInvalid(io.ErrUnexpectedEOF)
	case began:
		return response.CutOff(err)
	}
	return response.Err(err)
}
