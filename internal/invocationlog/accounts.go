package invocationlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/recall"
	"github.com/saprolite/saprolite/internal/store"
)

// checkTime bounds the wait for the store of objects.
const checkTime = 30 * time.Second

// accounts knows what each account logs.
type accounts struct {
	settings store.Settings
	objects  objectstore.Store
	// byDefault is for those that have not said; nil logs nothing.
	byDefault *bedrock.LoggingConfig

	// known is nil for those that log nothing.
	known recall.Answers[string, *Destination]
}

// settingOf names the document of an account.
func settingOf(account string) string { return "invocation-logging/" + account }

// find gives where an account's records go, or nil. What it knows of the store is a
// second old at most, unless that does not answer.
func (a *accounts) find(id string) (*Destination, error) {
	return a.known.Get(id, func(ctx context.Context) (*Destination, error) {
		config, err := a.get(ctx, id)
		if err != nil || config == nil {
			return nil, err
		}
		return ParseDestination(config)
	})
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
	defer a.known.Forget(id)
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
	defer a.known.Forget(id)
	return a.settings.DeleteSetting(ctx, settingOf(id))
}
