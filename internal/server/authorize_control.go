package server

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// controlled gives what an operation of the control plane is about, if anything, and
// adds to the conditions the tags that the request brings or takes.
func (s *Server) controlled(x *exchange, in any, about *policy.Context) ([]policy.Resource, error) {
	switch in := in.(type) {
	case *bedrock.GetInferenceProfileRequest:
		return s.profileResource(x, in.InferenceProfileIdentifier)
	case *bedrock.DeleteInferenceProfileRequest:
		return s.profileResource(x, in.InferenceProfileIdentifier)
	case *bedrock.CreateInferenceProfileRequest:
		setTags(about, in.Tags)
		// Nobody knows its id yet.
		resources := []policy.Resource{{ARN: x.arn("application-inference-profile", "*")}}
		if in.ModelSource != nil && in.ModelSource.CopyFrom != nil {
			source, err := s.copied(x, *in.ModelSource.CopyFrom)
			return append(resources, source...), err
		}
		return resources, nil
	case *bedrock.ListTagsForResourceRequest:
		return s.named(x, in.ResourceARN)
	case *bedrock.TagResourceRequest:
		setTags(about, in.Tags)
		return s.named(x, in.ResourceARN)
	case *bedrock.UntagResourceRequest:
		about.Set(policy.KeyTagKeys, in.TagKeys...)
		return s.named(x, in.ResourceARN)
	}
	return nil, nil
}

// profileResource is that of a profile alone. The ids of those that callers made have
// no dots.
func (s *Server) profileResource(x *exchange, identifier string) ([]policy.Resource, error) {
	used, err := s.used(x, identifier)
	switch {
	case err != nil:
		return nil, err
	case used.Profile != "":
		return s.named(x, &used.Profile)
	case strings.Contains(identifier, "."):
		return s.named(x, new(x.arn("inference-profile", identifier)))
	}
	return s.named(x, new(x.arn("application-inference-profile", identifier)))
}

// copied is what a profile is made from: a model, or a profile without what is behind it.
func (s *Server) copied(x *exchange, source string) ([]policy.Resource, error) {
	used, err := s.modelResources(x, source)
	return used[:min(1, len(used))], err
}

// named is a resource by its ARN, with the tags that it has. One that is missing is
// refused as such behind this.
func (s *Server) named(x *exchange, arn *string) ([]policy.Resource, error) {
	if arn == nil {
		return nil, nil
	}
	tags, err := s.Profiles.ResourceTags(*arn, x.principal.Account)
	return []policy.Resource{conditions.Tagged(*arn, tags)}, err
}

// setTags are the tags of a request as the policy language knows them.
func setTags(about *policy.Context, tags []bedrock.Tag) {
	var keys []string
	for _, tag := range tags {
		if tag.Key == nil || tag.Value == nil {
			continue
		}
		keys = append(keys, *tag.Key)
		about.Set(policy.KeyRequestTag+*tag.Key, *tag.Value)
	}
	about.Set(policy.KeyTagKeys, keys...)
}
