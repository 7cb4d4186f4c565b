// Package profiles is the application inference profiles that callers make: names of
// their own for a model, by which usage is told apart. They are kept in the store;
// those that the configuration maps are package catalog's.
//
// Errors carry a [bedrock.Exception], but for those of a store that does not answer.
package profiles

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/store"
)

const (
	// maxProfiles is how many an account may have in a region (AWS, "Amazon Bedrock
	// endpoints and quotas").
	maxProfiles = 1000
	// maxTags is how many a profile may have (TagList).
	maxTags = 200
)

// Profiles makes and finds application inference profiles. It is safe for concurrent
// use.
type Profiles struct {
	store   store.Profiles
	sources sources
}

// New gives the profiles of a store.
func New(s store.Profiles) *Profiles { return &Profiles{store: s, sources: sources{store: s}} }

// Source implements [catalog.Applications]. What it knows of the store is a second
// old at most.
func (p *Profiles) Source(id catalog.ID) (string, error) {
	known, err := p.sources.find(id)
	return known.arn, err
}

// Create makes a profile that leads to models. A request that comes again, by its
// clientRequestToken, gets the answer of the first.
func (p *Profiles) Create(ctx context.Context, req *bedrock.CreateInferenceProfileRequest, at catalog.Location, models []string) (*bedrock.CreateInferenceProfileResponse, error) {
	tags, err := withTags(nil, req.Tags, "")
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	made := store.Profile{
		ID: newID(), Account: at.Account, Name: *req.InferenceProfileName, Description: text(req.Description), Region: at.Region,
		Source: text(req.ModelSource.CopyFrom), Models: models, Tags: tags, Token: text(req.ClientRequestToken), Created: now, Updated: now,
	}
	if res, err := p.created(ctx, &made); res != nil || err != nil {
		return res, err
	}
	err = p.store.CreateProfile(ctx, made)
	if errors.Is(err, store.ErrExists) {
		// The same request may have come twice at one time.
		if res, err := p.created(ctx, &made); res != nil || err != nil {
			return res, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("create the inference profile: %w", err)
	}
	p.sources.forget(made.Account, made.ID)
	return answer(&made), nil
}

func answer(p *store.Profile) *bedrock.CreateInferenceProfileResponse {
	return &bedrock.CreateInferenceProfileResponse{InferenceProfileArn: p.ARN(), Status: bedrock.InferenceProfileStatusActive}
}

// created gives the answer to a request that came before, and refuses one that
// cannot be fulfilled. It gives neither for one that can.
func (p *Profiles) created(ctx context.Context, wanted *store.Profile) (*bedrock.CreateInferenceProfileResponse, error) {
	all, err := p.all(ctx, catalog.Location{Region: wanted.Region, Account: wanted.Account})
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch known := &all[i]; {
		case wanted.Token != "" && known.Token == wanted.Token && alike(known, wanted):
			return answer(known), nil
		case wanted.Token != "" && known.Token == wanted.Token:
			return nil, &bedrock.ConflictException{Message: "The clientRequestToken was used before for another request. Use another token and try again."}
		case known.Name == wanted.Name:
			return nil, &bedrock.ConflictException{Message: "An inference profile named " + wanted.Name + " exists already. Choose another name and try again."}
		}
	}
	if len(all) >= maxProfiles {
		return nil, &bedrock.ServiceQuotaExceededException{Message: fmt.Sprintf("The account has %d inference profiles in %s, which is the most. Delete one and try again.", len(all), wanted.Region)}
	}
	return nil, nil
}

// alike says whether two profiles of a region came of the same request.
func alike(a, b *store.Profile) bool {
	return a.Name == b.Name && a.Description == b.Description && a.Source == b.Source
}

// all gives the profiles of an account in a region.
func (p *Profiles) all(ctx context.Context, at catalog.Location) ([]store.Profile, error) {
	all, err := p.store.Profiles(ctx, at.Account, at.Region, maxProfiles)
	if err != nil {
		return nil, fmt.Errorf("list the inference profiles: %w", err)
	}
	return all, nil
}

// newID is 12 lower-case letters and digits.
func newID() string { return strings.ToLower(rand.Text())[:12] }

// List gives the profiles of the account in the region.
func (p *Profiles) List(ctx context.Context, at catalog.Location) ([]bedrock.InferenceProfileSummary, error) {
	all, err := p.all(ctx, at)
	var summaries []bedrock.InferenceProfileSummary
	for i := range all {
		summaries = append(summaries, summary(&all[i]))
	}
	return summaries, err
}

func summary(p *store.Profile) bedrock.InferenceProfileSummary {
	s := bedrock.InferenceProfileSummary{
		InferenceProfileArn: p.ARN(), InferenceProfileId: p.ID, InferenceProfileName: p.Name,
		CreatedAt: new(p.Created), UpdatedAt: new(p.Updated),
		Status: bedrock.InferenceProfileStatusActive, Type: bedrock.InferenceProfileTypeApplication,
	}
	if p.Description != "" {
		s.Description = new(p.Description)
	}
	for _, model := range p.Models {
		s.Models = append(s.Models, bedrock.InferenceProfileModel{ModelArn: new(model)})
	}
	return s
}

// Get gives a profile by its id or ARN. The error is a
// *bedrock.ResourceNotFoundException where the account has none in the region.
func (p *Profiles) Get(ctx context.Context, identifier string, at catalog.Location) (*bedrock.GetInferenceProfileResponse, error) {
	found, err := p.find(ctx, identifier, at)
	if err != nil {
		return nil, err
	}
	return new(bedrock.GetInferenceProfileResponse(summary(&found))), nil
}

func (p *Profiles) find(ctx context.Context, identifier string, at catalog.Location) (found store.Profile, err error) {
	id, ok := idOf(identifier, at)
	if !ok {
		return found, notFound()
	}
	found, err = p.store.Profile(ctx, at.Account, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && found.Region != at.Region {
		return found, notFound()
	}
	if err != nil {
		return found, fmt.Errorf("find the inference profile: %w", err)
	}
	return found, nil
}

func notFound() error {
	return &bedrock.ResourceNotFoundException{Message: "The provided inference profile identifier was not found."}
}

// idOf takes an id out of an ARN of the account and the region.
func idOf(identifier string, at catalog.Location) (id string, ok bool) {
	if !strings.HasPrefix(identifier, "arn:") {
		return identifier, identifier != ""
	}
	parsed, err := catalog.ParseID(identifier)
	return parsed.Resource, err == nil && parsed.Kind == catalog.ApplicationInferenceProfile &&
		parsed.Account == at.Account && parsed.Region == at.Region
}

// Delete deletes a profile by its id or ARN.
func (p *Profiles) Delete(ctx context.Context, identifier string, at catalog.Location) error {
	found, err := p.find(ctx, identifier, at)
	if err != nil {
		return err
	}
	err = p.store.DeleteProfile(ctx, found.Account, found.ID)
	p.sources.forget(found.Account, found.ID)
	if errors.Is(err, store.ErrNotFound) {
		return notFound()
	}
	return err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
