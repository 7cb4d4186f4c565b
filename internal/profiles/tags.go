package profiles

import (
	"context"
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
