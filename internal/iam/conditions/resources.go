package conditions

import (
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// Resources are those that the use of a model id needs: a profile needs itself, and
// each model behind it, used through the profile.
func Resources(used catalog.Resources) []policy.Resource {
	var resources []policy.Resource
	var through *policy.Context
	if used.Profile != "" {
		through = new(policy.Context)
		through.Set(policy.KeyInferenceProfileARN, used.Profile)
		resources = append(resources, policy.Resource{ARN: used.Profile})
	}
	for _, model := range used.Models {
		resources = append(resources, policy.Resource{ARN: model, Keys: through})
	}
	return resources
}
