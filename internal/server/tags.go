package server

import "github.com/saprolite/saprolite/internal/bedrock"

// Of the resources that have tags on AWS, those that callers make here are application
// inference profiles.

func (s *Server) tagResource(x *exchange, req *bedrock.TagResourceRequest) error {
	if err := s.Profiles.Tag(x.ctx, *req.ResourceARN, req.Tags, x.location()); err != nil {
		return err
	}
	return x.reply(&bedrock.TagResourceResponse{})
}

func (s *Server) untagResource(x *exchange, req *bedrock.UntagResourceRequest) error {
	if err := s.Profiles.Untag(x.ctx, *req.ResourceARN, req.TagKeys, x.location()); err != nil {
		return err
	}
	return x.reply(&bedrock.UntagResourceResponse{})
}

func (s *Server) listTagsForResource(x *exchange, req *bedrock.ListTagsForResourceRequest) error {
	tags, err := s.Profiles.Tags(x.ctx, *req.ResourceARN, x.location())
	if err != nil {
		return err
	}
	return x.reply(&bedrock.ListTagsForResourceResponse{Tags: tags})
}
