package catalog

import "strings"

// Resources are what a caller uses with a model id, by their ARNs.
type Resources struct {
	// Profile is the inference profile that the id names; empty for none.
	Profile string
	// Models are the models behind the id: with a profile, one for each region that
	// it leads to. For what is neither a model nor a profile of models, such as a
	// prompt router, it is that thing itself.
	Models []string
}

// Resources gives what a caller uses with a model id, whether or not there is such
// a model. What every account has, or the mappings give to every account, is that of the
// caller's account and region, whatever an ARN says: a policy that names it holds for all
// its names. The application inference profiles of other accounts are unknown. The error
// is that of [ParseID], or one of [Applications].
func (c *Catalog) Resources(modelID string, at Location) (Resources, error) {
	id, err := ParseID(modelID)
	if err != nil {
		return Resources{}, err
	}
	switch id.Kind {
	case FoundationModel:
		return Resources{Models: []string{at.modelARN(at.region(), id.Base)}}, nil
	case Prompt:
		return Resources{Models: []string{at.profileARN(id.Kind, id.Resource)}}, nil
	case InferenceProfile:
		return Resources{Profile: at.profileARN(id.Kind, id.Resource), Models: at.behind(id)}, nil
	case ApplicationInferenceProfile:
		models, err := c.behindApplication(id, at)
		return Resources{Profile: c.arn(id, at), Models: models}, err
	}
	return Resources{Models: []string{c.arn(id, at)}}, nil
}

// behindApplication gives the models of an application inference profile: one that was
// made from a cross-region profile leads to all its regions.
func (c *Catalog) behindApplication(id ID, at Location) ([]string, error) {
	source, err := c.source(id)
	if err != nil {
		return nil, err
	}
	if source != "" && id.Account != at.account() {
		return nil, nil
	}
	if source != "" {
		from, err := ParseID(source)
		return at.behind(from), err
	}
	if target, err := c.find(id.Text); err == nil {
		return []string{at.modelARN(at.region(), target.Model.Base)}, nil
	}
	return nil, nil
}

// behind gives the models of a cross-region profile, in each of its regions.
func (l Location) behind(id ID) []string {
	for _, g := range geographies() {
		if g.prefix != id.Profile {
			continue
		}
		regions := g.regions
		if g.prefix == "global" {
			regions = []string{"", l.region()}
		}
		models := make([]string, len(regions))
		for i, region := range regions {
			models[i] = l.modelARN(region, id.Base)
		}
		return models
	}
	return []string{l.modelARN(l.region(), id.Base)}
}

// ARN writes an id as the ARN that it is or stands for.
func (l Location) ARN(id ID) string {
	if strings.HasPrefix(id.Text, "arn:") {
		return id.Text
	}
	return l.profileARN(id.Kind, id.Resource)
}

// arn is what policies know an id by: what every account has is the caller's own.
func (c *Catalog) arn(id ID, at Location) string {
	if c.forEveryAccount(id) {
		return at.profileARN(id.Kind, id.Resource)
	}
	return at.ARN(id)
}

// forEveryAccount says whether a mapping serves the id in any account and region.
func (c *Catalog) forEveryAccount(id ID) bool {
	m, _ := c.routes.match(id, c.lookup(id.Base))
	return m != nil && m.ID != id.Text
}
