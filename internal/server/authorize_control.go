package server

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// controlled gives what an operation of the control plane is about, if anything, and
// adds to the conditions the tags that the request brings or takes.
func (s *Server) controlled(x *exchange, in any, about *policy.Context) []policy.Resource {
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
			resources = append(resources, policy.Resource{ARN: *in.ModelSource.CopyFrom})
		}
		return resources
	case *bedrock.ListTagsForResourceRequest:
		return named(in.ResourceARN)
	case *bedrock.TagResourceRequest:
		setTags(about, in.Tags)
		return named(in.ResourceARN)
	case *bedrock.UntagResourceRequest:
		about.Set(policy.KeyTagKeys, in.TagKeys...)
		return named(in.ResourceARN)
	}
	return nil
}

// profileResource is that of a profile alone. The ids of those that callers made have
// no dots.
func (s *Server) profileResource(x *exchange, identifier string) []policy.Resource {
	used, err := s.Pipeline.Catalog.Resources(identifier, x.location())
	switch {
	case err == nil && used.Profile != "":
		return []policy.Resource{{ARN: used.Profile}}
	case strings.Contains(identifier, "."):
		return []policy.Resource{{ARN: x.arn("inference-profile", identifier)}}
	}
	return []policy.Resource{{ARN: x.arn("application-inference-profile", identifier)}}
}

// named is a resource by its ARN. One that is missing is refused as such behind this.
func named(arn *string) []policy.Resource {
	if arn == nil {
		return nil
	}
	return []policy.Resource{{ARN: *arn}}
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
