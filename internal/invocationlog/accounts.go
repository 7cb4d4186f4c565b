package invocationlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/store"
)

const (
	// life is how long an answer of the store is good.
	life = time.Second
	// maxAccounts bounds the answers that are remembered.
	maxAccounts = 10_000
	// askTime bounds the wait for the store of settings, refreshTime that where it was
	// known a moment ago, and checkTime the one for the store of objects.
	askTime, refreshTime, checkTime = 5 * time.Second, 500 * time.Millisecond, 30 * time.Second
)

// accounts knows what each account logs.
type accounts struct {
	settings store.Settings
	objects  objectstore.Store
	// byDefault is for those that have not said; nil logs nothing.
	byDefault *bedrock.LoggingConfig

	mu    sync.Mutex
	known map[string]account
}

// account is what is known of one. To is nil where it logs nothing.
type account struct {
	to    *Destination
	until time.Time
}

// settingOf names the document of an account.
func settingOf(account string) string { return "invocation-logging/" + account }

// find gives where an account's records go, or nil. What it knows of the store is a
// second old at most, unless that does not answer.
func (a *accounts) find(id string) (*Destination, error) {
	known, ok, fresh := a.look(id)
	if fresh {
		return known.to, nil
	}
	wait := askTime
	if ok {
		wait = refreshTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	to, err := a.ask(ctx, id)
	if err != nil && !ok {
		return nil, err
	}
	if err == nil {
		known.to = to
	}
	a.put(id, known.to)
	return known.to, nil
}

// look gives what is known of an account, and says whether that is fresh. Of those to
// whom it is not, one asks, and the others go on with it: a store that does not answer
// holds up one call at a time, and not for long.
func (a *accounts) look(id string) (known account, ok, fresh bool) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok = a.known[id]
	if !ok || now.Before(known.until) {
		return known, ok, ok
	}
	a.known[id] = account{known.to, now.Add(refreshTime)}
	return known, true, false
}

func (a *accounts) ask(ctx context.Context, id string) (*Destination, error) {
	config, err := a.get(ctx, id)
	if err != nil || config == nil {
		return nil, err
	}
	return ParseDestination(config)
}

func (a *accounts) put(id string, to *Destination) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) >= maxAccounts {
		clear(a.known)
	}
	a.known[id] = account{to, time.Now().Add(life)}
}

func (a *accounts) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, id)
}

// get gives the configuration of an account, or else that for all, or nil.
func (a *accounts) get(ctx context.Context, id string) (*bedrock.LoggingConfig, error) {
	document, err := a.settings.Setting(ctx, settingOf(id))
	if errors.Is(err, store.ErrNotFound) {
		return a.byDefault, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration of invocation logging: %w", err)
	}
	config := new(bedrock.LoggingConfig)
	if err := json.Unmarshal(document, config); err != nil {
		return nil, fmt.Errorf("the configuration of invocation logging of %s: %w", id, err)
	}
	return config, nil
}

// set keeps the configuration of an account, when its bucket can be written.
func (a *accounts) set(ctx context.Context, id string, config *bedrock.LoggingConfig) error {
	to, err := ParseDestination(config)
	if err != nil {
		return err
	}
	if err := a.check(ctx, id, to); err != nil {
		return err
	}
	explicit := bedrock.LoggingConfig{
		S3Config: config.S3Config, TextDataDeliveryEnabled: &to.Text, ImageDataDeliveryEnabled: &to.Image,
		EmbeddingDataDeliveryEnabled: &to.Embedding, VideoDataDeliveryEnabled: &to.Video, AudioDataDeliveryEnabled: &to.Audio,
	}
	document, err := json.Marshal(explicit)
	if err != nil {
		return err
	}
	defer a.forget(id)
	return a.settings.PutSetting(ctx, settingOf(id), document)
}

// check tries to write, as the service does.
func (a *accounts) check(ctx context.Context, id string, to *Destination) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	name := objectstore.Name{Bucket: to.Bucket, Key: to.accountKey(id) + checkName}
	err := a.objects.Put(ctx, name, objectstore.Content{Body: strings.NewReader(""), Type: "text/plain"})
	if err != nil {
		return bedrock.WithCause(&bedrock.ValidationException{
			Message: "Failed to validate permissions for the S3 bucket: " + to.Bucket + ". Verify that it exists and that this server may write to it.",
		}, err)
	}
	return nil
}

func (a *accounts) delete(ctx context.Context, id string) error {
	defer a.forget(id)
	return a.settings.DeleteSetting(ctx, settingOf(id))
}
