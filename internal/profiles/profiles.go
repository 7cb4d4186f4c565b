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
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/store"
)

const (
	// maxProfiles is how many an account may have (AWS, "Amazon Bedrock endpoints and
	// quotas").
	maxProfiles = 1000
	// maxTags is how many a profile may have (TagList).
	maxTags = 200
)

// Profiles makes and finds application inference profiles. It is safe for concurrent
// use.
type Profiles struct {
	store   store.Profiles
	sources *sources
}

// New gives the profiles of a store.
func New(s store.Profiles) *Profiles { return &Profiles{store: s, sources: newSources(s)} }

// Source implements [catalog.Applications]. What it knows of the store is a second
// old at most.
func (p *Profiles) Source(id catalog.ID) (string, error) {
	known, err := p.sources.find(id)
	return known.arn, err
}

// ResourceTags gives the tags of what has the ARN, as the policy language asks for them
// at every request of an account: none of what is no profile that the account made here,
// since by decisions over the tags of others' a caller could tell them. What it knows of
// the store is a second old at most. They must not be changed.
func (p *Profiles) ResourceTags(arn, account string) (map[string]string, error) {
	id, err := catalog.ParseID(arn)
	if p == nil || err != nil || id.Kind != catalog.ApplicationInferenceProfile || id.Account != account {
		return nil, nil
	}
	known, err := p.sources.find(id)
	return known.tags, err
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
	all, err := p.all(ctx, wanted.Account)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch known := &all[i]; {
		case known.Region != wanted.Region: // each has names and tokens of its own
		case wanted.Token != "" && known.Token == wanted.Token && alike(known, wanted):
			return answer(known), nil
		case wanted.Token != "" && known.Token == wanted.Token:
			return nil, &bedrock.ConflictException{Message: "The clientRequestToken was used before for another request. Use another token and try again."}
		case known.Name == wanted.Name:
			return nil, &bedrock.ConflictException{Message: "An inference profile named " + wanted.Name + " exists already. Choose another name and try again."}
		}
	}
	if len(all) >= maxProfiles {
		return nil, &bedrock.ServiceQuotaExceededException{Message: fmt.Sprintf("The account has %d inference profiles, which is the most. Delete one and try again.", len(all))}
	}
	return nil, nil
}

// alike says whether two profiles of a region came of the same request.
func alike(a, b *store.Profile) bool {
	return a.Name == b.Name && a.Description == b.Description && a.Source == b.Source
}

// all gives the profiles of an account.
func (p *Profiles) all(ctx context.Context, account string) ([]store.Profile, error) {
	all, err := p.store.Profiles(ctx, account, "", maxProfiles)
	if err != nil {
		return nil, fmt.Errorf("list the inference profiles: %w", err)
	}
	return all, nil
}

// newID is 12 lower-case letters and digits.
func newID() string { return strings.ToLower(rand.Text())[:12] }

// List gives the profiles of the account in the region.
func (p *Profiles) List(ctx context.Context, at catalog.Location) ([]bedrock.InferenceProfileSummary, error) {
	all, err := p.all(ctx, at.Account)
	var summaries []bedrock.InferenceProfileSummary
	for i := range all {
		if all[i].Region == at.Region {
			summaries = append(summaries, summary(&all[i]))
		}
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

// Tags gives the tags of a profile by its ARN, in the order of their keys.
func (p *Profiles) Tags(ctx context.Context, arn string, at catalog.Location) ([]bedrock.Tag, error) {
	found, err := p.find(ctx, arn, at)
	if err != nil {
		return nil, err
	}
	tags := []bedrock.Tag{}
	for _, key := range slices.Sorted(maps.Keys(found.Tags)) {
		tags = append(tags, bedrock.Tag{Key: new(key), Value: new(found.Tags[key])})
	}
	return tags, nil
}

// Tag adds tags to a profile, in place of those of the same keys.
func (p *Profiles) Tag(ctx context.Context, arn string, tags []bedrock.Tag, at catalog.Location) error {
	return p.update(ctx, arn, at, func(profile *store.Profile) (err error) {
		profile.Tags, err = withTags(profile.Tags, tags, arn)
		return err
	})
}

// Untag takes tags away from a profile. Those that it does not have are no error.
func (p *Profiles) Untag(ctx context.Context, arn string, keys []string, at catalog.Location) error {
	return p.update(ctx, arn, at, func(profile *store.Profile) error {
		for _, key := range keys {
			delete(profile.Tags, key)
		}
		return nil
	})
}

func (p *Profiles) update(ctx context.Context, arn string, at catalog.Location, change func(*store.Profile) error) error {
	found, err := p.find(ctx, arn, at)
	if err != nil {
		return err
	}
	err = p.store.UpdateProfile(ctx, found.Account, found.ID, func(profile *store.Profile) error {
		profile.Updated = time.Now().UTC().Truncate(time.Microsecond)
		return change(profile)
	})
	p.sources.forget(found.Account, found.ID)
	if errors.Is(err, store.ErrNotFound) {
		return notFound()
	}
	return err
}

// withTags adds tags to some. The ARN is that of what has them.
func withTags(tags map[string]string, more []bedrock.Tag, arn string) (map[string]string, error) {
	all := maps.Clone(tags)
	if all == nil {
		all = make(map[string]string, len(more))
	}
	// Policies know no case in the keys of tags: of two that differ in it, they would see
	// one.
	written := make(map[string]string, len(all)+len(more))
	for key := range all {
		written[strings.ToLower(key)] = key
	}
	seen := make(map[string]bool, len(more))
	for _, tag := range more {
		key := text(tag.Key)
		other, known := written[strings.ToLower(key)]
		switch {
		case seen[key]:
			return nil, &bedrock.ValidationException{Message: "The tag key " + key + " is there twice. Tag keys must be unique."}
		case known && other != key:
			return nil, &bedrock.ValidationException{Message: "The tag keys " + other + " and " + key + " differ in case alone. Choose another key and try again."}
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, &bedrock.ValidationException{Message: "The tag key " + key + " begins with aws:, which is reserved."}
		}
		seen[key], written[strings.ToLower(key)] = true, key
		all[key] = text(tag.Value)
	}
	if len(all) > maxTags {
		return nil, &bedrock.TooManyTagsException{
			Message: fmt.Sprintf("The resource would have %d tags, and %d is the most.", len(all), maxTags), ResourceName: named(arn),
		}
	}
	return all, nil
}

func named(arn string) *string {
	if arn == "" {
		return nil
	}
	return &arn
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
