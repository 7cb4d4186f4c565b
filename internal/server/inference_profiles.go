package server

import "github.com/saprolite/saprolite/internal/bedrock"

func (s *Server) listInferenceProfiles(x *exchange, req *bedrock.ListInferenceProfilesRequest) error {
	profiles, err := s.Pipeline.Catalog.ListInferenceProfiles(req, x.location())
	if err != nil {
		return err
	}
	return x.reply(profiles)
}

func (s *Server) getInferenceProfile(x *exchange, req *bedrock.GetInferenceProfileRequest) error {
	profile, err := s.Pipeline.Catalog.GetInferenceProfile(req, x.location())
	if err != nil {
		return err
	}
	return x.reply(profile)
}
