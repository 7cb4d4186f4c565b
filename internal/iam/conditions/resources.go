package conditions

import (
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// Resources are those that the use of a model id needs: a profile, which has the tags,
// needs itself, and each model behind it, used through the profile.
func Resources(used catalog.Resources, tags map[string]string) []policy.Resource {
	var resources []policy.Resource
	var through *policy.Context
	if used.Profile != "" {
		through = new(policy.Context)
		through.Set(policy.KeyInferenceProfileARN, used.Profile)
		resources = append(resources, Tagged(used.Profile, tags))
	}
	for _, model := range used.Models {
		resources = append(resources, policy.Resource{ARN: model, Keys: through})
	}
	return resources
}

// Tagged is a resource with its tags.
func Tagged(arn string, tags map[string]string) policy.Resource {
	if len(tags) == 0 {
		return policy.Resource{ARN: arn}
	}
	about := new(policy.Context)
	for key, value := range tags {
		about.Set(policy.KeyResourceTag+key, value)
	}
	return policy.Resource{ARN: arn, Keys: about}
}
