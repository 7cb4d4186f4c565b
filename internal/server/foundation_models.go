package server

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// location is where a question to the control plane is asked.
func (x *exchange) location() catalog.Location {
	return catalog.Location{Region: x.principal.Region, Account: x.principal.Account}.Whole()
}

func (s *Server) listFoundationModels(x *exchange, req *bedrock.ListFoundationModelsRequest) error {
	return x.reply(s.Pipeline.Catalog.ListFoundationModels(req, x.location()))
}

func (s *Server) getFoundationModel(x *exchange, req *bedrock.GetFoundationModelRequest) error {
	model, err := s.Pipeline.Catalog.GetFoundationModel(req, x.location())
	if err != nil {
		return err
	}
	return x.reply(model)
}
