package server

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/pipeline"
)

// generateImages answers a native body by images. The service counts no tokens for
// them.
func (s *Server) generateImages(x *exchange, to *pipeline.Route, native format.Images, req *bedrock.InvokeModelRequest) error {
	request, err := native.ParseRequest(to.Model.Base, req.Body)
	if err != nil {
		return err
	}
	var timing pipeline.Timing
	x.measured(to, &timing, nil)
	images, err := to.GenerateImages(x.ctx, request.Call, &timing)
	if err != nil {
		return err
	}
	body, err := request.Render(images)
	if err != nil {
		return err
	}
	x.counted(meter.Counts{Images: int64(len(images))})
	x.setCount("Invocation-Latency", timing.Total.Milliseconds())
	return x.replyNative(to.Service, body)
}
