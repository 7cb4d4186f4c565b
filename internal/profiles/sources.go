package profiles

import (
	"context"
	"errors"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/recall"
	"github.com/saprolite/saprolite/internal/store"
)

// sources knows what profiles were made from, and their tags.
type sources struct {
	store store.Profiles
	known recall.Answers[sourceKey, source]
}

type sourceKey struct{ account, id string }

// source is what is known of a profile. One that does not exist has no ARN.
type source struct {
	arn, region string
	// tags must not be changed.
	tags map[string]string
}

// find gives what is known of a profile: nothing of one that there is not.
func (s *sources) find(id catalog.ID) (source, error) {
	known, err := s.known.Get(sourceKey{id.Account, id.Resource}, func(ctx context.Context) (source, error) {
		profile, err := s.store.Profile(ctx, id.Account, id.Resource)
		if errors.Is(err, store.ErrNotFound) {
			return source{}, nil
		}
		return source{profile.Source, profile.Region, profile.Tags}, err
	})
	if known.region != id.Region {
		return source{}, err
	}
	return known, err
}

func (s *sources) forget(account, id string) { s.known.Forget(sourceKey{account, id}) }
