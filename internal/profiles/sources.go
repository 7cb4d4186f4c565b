package profiles

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/store"
)

const (
	// sourceLife is how long an answer of the store is good.
	sourceLife = time.Second
	// maxSources bounds the answers that are remembered.
	maxSources = 10_000
	// sourceTime bounds the wait for the store, and refreshTime that where it was known
	// a moment ago.
	sourceTime, refreshTime = 5 * time.Second, 500 * time.Millisecond
)

// sources remembers for a moment what profiles were made from, and their tags: requests
// by one profile follow each other.
type sources struct {
	store store.Profiles

	mu    sync.Mutex
	known map[sourceKey]source
}

type sourceKey struct{ account, id string }

// source is what is known of a profile. One that does not exist has no ARN.
type source struct {
	arn, region string
	// tags must not be changed.
	tags  map[string]string
	until time.Time
}

func newSources(s store.Profiles) *sources {
	return &sources{store: s, known: map[sourceKey]source{}}
}

// find gives what is known of a profile: nothing of one that there is not. A store that
// does not answer is no reason to refuse a profile that was there a moment ago.
func (s *sources) find(id catalog.ID) (source, error) {
	key := sourceKey{id.Account, id.Resource}
	known, ok, fresh := s.look(key)
	if !fresh {
		wait := sourceTime
		if ok {
			wait = refreshTime
		}
		found, err := s.ask(key, wait)
		if err != nil && !ok {
			return source{}, err
		}
		if err == nil {
			known = found
		}
		s.put(key, known)
	}
	if known.region != id.Region {
		return source{}, nil
	}
	return known, nil
}

func (s *sources) ask(key sourceKey, wait time.Duration) (source, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	profile, err := s.store.Profile(ctx, key.account, key.id)
	if errors.Is(err, store.ErrNotFound) {
		return source{}, nil
	}
	return source{arn: profile.Source, region: profile.Region, tags: profile.Tags}, err
}

// look gives what is known of a profile, and says whether that is fresh. Of those to
// whom it is not, one asks, and the others go on with it: a store that does not answer
// holds up one request at a time, and not for long.
func (s *sources) look(key sourceKey) (known source, ok, fresh bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok = s.known[key]
	if !ok || now.Before(known.until) {
		return known, ok, ok
	}
	asked := known
	asked.until = now.Add(refreshTime)
	s.known[key] = asked
	return known, true, false
}

func (s *sources) put(key sourceKey, known source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxSources {
		clear(s.known)
	}
	known.until = time.Now().Add(sourceLife)
	s.known[key] = known
}

func (s *sources) forget(account, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, sourceKey{account, id})
}
