package server

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// service is how a request wants to be served: Converse says so in its body,
// InvokeModel in headers. Other operations want nothing.
func (x *exchange) service(req any) catalog.Service {
	want := catalog.Service{Region: x.principal.Region}
	var tier *bedrock.ServiceTier
	var performance *bedrock.PerformanceConfiguration
	switch req := req.(type) {
	case *bedrock.ConverseRequest:
		tier, performance = req.ServiceTier, req.PerformanceConfig
	case *bedrock.ConverseStreamRequest:
		tier, performance = req.ServiceTier, req.PerformanceConfig
	case *bedrock.InvokeModelRequest:
		want.Tier, want.Latency = req.ServiceTier, req.PerformanceConfigLatency
	case *bedrock.InvokeModelWithResponseStreamRequest:
		want.Tier, want.Latency = req.ServiceTier, req.PerformanceConfigLatency
	}
	if tier != nil {
		want.Tier = tier.Type
	}
	if performance != nil {
		want.Latency = performance.Latency
	}
	return want
}

// wanted tells the provider of a native body what its headers want.
func wanted(req *bedrock.ConverseRequest, want catalog.Service) {
	if want.Tier != "" {
		req.ServiceTier = &bedrock.ServiceTier{Type: want.Tier}
	}
	if want.Latency != "" {
		req.PerformanceConfig = &bedrock.PerformanceConfiguration{Latency: want.Latency}
	}
}

// served is how a native answer was served: as the provider said, or else as the
// request wanted.
func served(answer *bedrock.ConverseResponse, want catalog.Service) catalog.Service {
	if answer.ServiceTier != nil {
		want.Tier = answer.ServiceTier.Type
	}
	if answer.PerformanceConfig != nil {
		want.Latency = answer.PerformanceConfig.Latency
	}
	return want
}
