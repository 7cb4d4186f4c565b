package catalog

import (
	"fmt"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Applications knows the application inference profiles that callers have made. It
// is asked at every request that names one, and safe for concurrent use.
type Applications interface {
	// Source gives the ARN of the model or of the profile that the profile was made
	// from, or an empty text when there is no such profile.
	Source(id ID) (arn string, err error)
}

// source is Applications.Source for an id that may be of any kind.
func (c *Catalog) source(id ID) (arn string, err error) {
	if c.made == nil || id.Kind != ApplicationInferenceProfile || id.Account == "" {
		return "", nil
	}
	arn, err = c.made.Source(id)
	if err != nil {
		return "", fmt.Errorf("find the inference profile: %w", err)
	}
	return arn, nil
}

// through gives the target of an application inference profile: that of its source.
func (c *Catalog) through(id ID, source string, err error) (Target, error) {
	if err != nil {
		return Target{}, err
	}
	from, err := ParseID(source)
	if err != nil {
		return Target{}, err
	}
	// Without the account, which is one of this server alone.
	target, err := c.find(from.Resource)
	target.Application, target.CountTokens = id.Text, false
	return target, err
}

// Behind gives the ARNs of the models that an application inference profile leads
// to which is made from the ARN of a model or of a cross-region profile. The error
// is that of [Catalog.Resolve].
func (c *Catalog) Behind(source string, at Location) ([]string, error) {
	target, err := c.Resolve(source)
	if err != nil {
		return nil, err
	}
	if target.ID.Profile == "" {
		return []string{at.modelARN(at.region(), target.ID.Base)}, nil
	}
	profile, err := c.GetInferenceProfile(&bedrock.GetInferenceProfileRequest{InferenceProfileIdentifier: target.ID.Resource}, at)
	if err != nil {
		return nil, err
	}
	var models []string
	for _, model := range profile.Models {
		models = append(models, *model.ModelArn)
	}
	return models, nil
}

// Whole gives the location with nothing left open.
func (l Location) Whole() Location { return Location{Region: l.region(), Account: l.account()} }
