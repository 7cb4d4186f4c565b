package catalog

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// maxProfiles is the size of a page that the request leaves open, and the
// largest that it may ask for (ListInferenceProfiles, maxResults).
const maxProfiles = 1000

// ListInferenceProfiles gives the profiles of the models that have a provider:
// those that can be used from the region of the request, the application
// inference profiles that the configuration maps to a model of the service, and
// those that the caller has made, which are ordered by id. The error, about
// nextToken, is a *bedrock.ValidationException.
func (c *Catalog) ListInferenceProfiles(req *bedrock.ListInferenceProfilesRequest, at Location, made ...bedrock.InferenceProfileSummary) (*bedrock.ListInferenceProfilesResponse, error) {
	all := append(c.systemProfiles(at), c.applicationProfiles(at)...)
	if req.NextToken != nil {
		var ok bool
		if all, made, ok = follow(all, made, *req.NextToken); !ok {
			return nil, &bedrock.ValidationException{Message: "The provided nextToken is invalid."}
		}
	}
	all = slices.DeleteFunc(append(all, made...), func(p bedrock.InferenceProfileSummary) bool {
		return req.TypeEquals != "" && p.Type != req.TypeEquals
	})
	size := maxProfiles
	if req.MaxResults != nil {
		size = int(*req.MaxResults)
	}
	res := &bedrock.ListInferenceProfilesResponse{InferenceProfileSummaries: all}
	if len(all) > size {
		res.InferenceProfileSummaries = all[:size]
		res.NextToken = new(encodeToken(all[size-1].InferenceProfileId))
	}
	return res, nil
}

// follow gives the profiles that come after the one that a token names. A made one may
// be gone: callers delete a page before they ask for the next.
func follow(fixed, made []bedrock.InferenceProfileSummary, token string) (_, _ []bedrock.InferenceProfileSummary, ok bool) {
	id, err := decodeToken(token)
	if err != nil {
		return nil, nil, false
	}
	if i := slices.IndexFunc(fixed, func(p bedrock.InferenceProfileSummary) bool { return p.InferenceProfileId == id }); i >= 0 {
		return fixed[i+1:], made, true
	}
	if !isMadeID(id) {
		return nil, nil, false
	}
	for len(made) > 0 && made[0].InferenceProfileId <= id {
		made = made[1:]
	}
	return fixed[:0], made, true
}

// isMadeID passes the form of the ids of profiles that callers make.
func isMadeID(id string) bool {
	return len(id) == 12 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// GetInferenceProfile gives one profile, by its id or ARN, also one of a
// geography that the region of the request is not in. The error is a
// *bedrock.ResourceNotFoundException.
func (c *Catalog) GetInferenceProfile(req *bedrock.GetInferenceProfileRequest, at Location) (*bedrock.GetInferenceProfileResponse, error) {
	for _, p := range c.applicationProfiles(at) {
		if want := req.InferenceProfileIdentifier; want == p.InferenceProfileArn || want == p.InferenceProfileId {
			return new(bedrock.GetInferenceProfileResponse(p)), nil
		}
	}
	target, err := c.find(req.InferenceProfileIdentifier)
	if err == nil && target.Application == "" && slices.Contains(target.Model.Profiles, target.ID.Profile) {
		for _, g := range geographies() {
			if g.prefix == target.ID.Profile {
				return new(bedrock.GetInferenceProfileResponse(g.profile(target.Model, at))), nil
			}
		}
	}
	return nil, &bedrock.ResourceNotFoundException{Message: "The provided inference profile identifier was not found."}
}

func (c *Catalog) systemProfiles(at Location) []bedrock.InferenceProfileSummary {
	profiles := []bedrock.InferenceProfileSummary{}
	for _, g := range geographies() {
		if !g.usableFrom(at.region()) {
			continue
		}
		for _, m := range c.known {
			if !slices.Contains(m.Profiles, g.prefix) {
				continue
			}
			if t, err := c.find(g.prefix + "." + m.ID); err == nil {
				profiles = append(profiles, g.profile(t.Model, at))
			}
		}
	}
	return profiles
}

// profile describes the geography's profile of a model, in the service's words.
func (g geography) profile(m *Model, at Location) bedrock.InferenceProfileSummary {
	name := m.Name
	if m.Vendor != "Amazon" && !strings.HasPrefix(name, m.Vendor) {
		name = m.Vendor + " " + name
	}
	regions := g.regions
	if g.prefix == "global" {
		regions = []string{"", at.region()}
	}
	id := g.prefix + "." + m.ID
	return bedrock.InferenceProfileSummary{
		Description:          new("Routes requests to " + name + " " + g.where() + "."),
		InferenceProfileArn:  at.profileARN(InferenceProfile, id),
		InferenceProfileId:   id,
		InferenceProfileName: g.label + " " + name,
		Models:               at.profileModels(regions, m.ID),
		Status:               bedrock.InferenceProfileStatusActive,
		Type:                 bedrock.InferenceProfileTypeSystemDefined,
	}
}

func (l Location) profileModels(regions []string, id string) []bedrock.InferenceProfileModel {
	models := make([]bedrock.InferenceProfileModel, len(regions))
	for i, region := range regions {
		models[i].ModelArn = new(l.modelARN(region, id))
	}
	return models
}

func (c *Catalog) applicationProfiles(at Location) []bedrock.InferenceProfileSummary {
	profiles := []bedrock.InferenceProfileSummary{}
	for _, t := range c.applications {
		arn := t.ID.Text
		if !strings.HasPrefix(arn, "arn:") {
			arn = at.profileARN(t.ID.Kind, t.ID.Resource)
		}
		profiles = append(profiles, bedrock.InferenceProfileSummary{
			InferenceProfileArn:  arn,
			InferenceProfileId:   t.ID.Resource,
			InferenceProfileName: t.Model.Name,
			Models:               at.profileModels([]string{at.region()}, t.Model.Base),
			Status:               bedrock.InferenceProfileStatusActive,
			Type:                 bedrock.InferenceProfileTypeApplication,
		})
	}
	return profiles
}

// A token names the last profile of the page before.

func encodeToken(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func decodeToken(token string) (id string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	return string(b), err
}
