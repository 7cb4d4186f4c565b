package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

// keysToken takes the secrets from the environment alone: the list of processes
// shows flags to everybody.
type keysToken struct {
	printer
	AccessKeyID string `name:"access-key-id" help:"Access key that the key is made of. Its secret is AWS_SECRET_ACCESS_KEY, and that of a session has an AWS_SESSION_TOKEN." env:"AWS_ACCESS_KEY_ID" placeholder:"ID"`
	Region      string `help:"Region that the key is for." env:"AWS_REGION,AWS_DEFAULT_REGION" default:"us-east-1"`
	Expires     age    `help:"How long the key is good, up to 12h." default:"12h"`
}

// tokenView is a short-term API key.
type tokenView struct {
	Token   string    `json:"ServiceApiKeyValue"`
	Expires time.Time `json:"ExpirationDate"`
}

// Run makes the key.
func (c *keysToken) Run(ctx context.Context) error {
	secret := os.Getenv("AWS_SECRET_ACCESS_KEY")
	if c.AccessKeyID == "" || secret == "" {
		return errors.New("there is no access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which \"saprolite keys create USER\" shows")
	}
	now := thisSecond()
	token, err := identity.NewShortTermKey(ctx, identity.ShortTermKey{
		AccessKeyID: c.AccessKeyID, Secret: secret, SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
		Region: c.Region, Expires: time.Duration(c.Expires),
	}, now)
	if err != nil {
		return fmt.Errorf("%w: write --expires as 30m or 12h", err)
	}
	view := tokenView{Token: token, Expires: now.Add(time.Duration(c.Expires))}
	if c.json() {
		return c.print(view, nil)
	}
	c.tell("An API key made of %s, good until %s.", c.AccessKeyID, day(view.Expires))
	_, err = fmt.Printf("export AWS_BEARER_TOKEN_BEDROCK=%s\n", token)
	return err
}
