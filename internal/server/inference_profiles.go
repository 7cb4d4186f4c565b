package server

import (
	"errors"
	"net/http"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

func (s *Server) createInferenceProfile(x *exchange, req *bedrock.CreateInferenceProfileRequest) error {
	at := x.location()
	models, err := s.Pipeline.Catalog.Behind(*req.ModelSource.CopyFrom, at)
	if err != nil {
		return err
	}
	made, err := s.Profiles.Create(x.ctx, req, at, models)
	if err != nil {
		return err
	}
	return x.replyAs(http.StatusCreated, made)
}

func (s *Server) deleteInferenceProfile(x *exchange, req *bedrock.DeleteInferenceProfileRequest) error {
	if err := s.Profiles.Delete(x.ctx, req.InferenceProfileIdentifier, x.location()); err != nil {
		return err
	}
	return x.reply(&bedrock.DeleteInferenceProfileResponse{})
}

func (s *Server) listInferenceProfiles(x *exchange, req *bedrock.ListInferenceProfilesRequest) error {
	var made []bedrock.InferenceProfileSummary
	if s.Profiles != nil {
		var err error
		if made, err = s.Profiles.List(x.ctx, x.location()); err != nil {
			return err
		}
	}
	list, err := s.Pipeline.Catalog.ListInferenceProfiles(req, x.location(), made...)
	if err != nil {
		return err
	}
	return x.reply(list)
}

func (s *Server) getInferenceProfile(x *exchange, req *bedrock.GetInferenceProfileRequest) error {
	profile, err := s.Pipeline.Catalog.GetInferenceProfile(req, x.location())
	if _, unknown := errors.AsType[*bedrock.ResourceNotFoundException](err); unknown && s.Profiles != nil {
		profile, err = s.Profiles.Get(x.ctx, req.InferenceProfileIdentifier, x.location())
	}
	if err != nil {
		return err
	}
	return x.reply(profile)
}

// mayUse refuses the application inference profile of another account, as if there
// were none.
func (x *exchange) mayUse(to *catalog.Target) error {
	if to.Application == "" {
		return nil
	}
	id, err := catalog.ParseID(to.Application)
	if err == nil && id.Account != x.principal.Account {
		err = &bedrock.ValidationException{Message: "The provided model identifier is invalid."}
	}
	return err
}
