package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/store"
)

type keysCommand struct {
	Create     keysCreate     `cmd:"" help:"Make a key for a user. Its secret is shown this once."`
	List       keysList       `cmd:"" help:"List the keys of all accounts."`
	Revoke     keysRevoke     `cmd:"" help:"Delete a key."`
	Activate   keysActivate   `cmd:"" help:"Make a key good again."`
	Deactivate keysDeactivate `cmd:"" help:"Make a key good for nothing, until it is activated."`
	Token      keysToken      `cmd:"" help:"Make a short-term API key from the access key in the environment. Needs no server."`
	Reseal     keysReseal     `cmd:"" help:"Seal all secrets with the first key of the key file, so that the others can go."`
}

// keyView is a key, by the names that the AWS CLI has: an API key is a service
// specific credential there. The secrets are there at its creation alone.
type keyView struct {
	UserName     string
	AccessKeyID  string `json:"AccessKeyId,omitempty"`
	CredentialID string `json:"ServiceSpecificCredentialId,omitempty"`
	// Type is "access key" or "API key".
	Type            string
	Status          string
	SecretAccessKey string    `json:"SecretAccessKey,omitempty"`
	APIKey          string    `json:"ServiceApiKeyValue,omitempty"`
	Account         string    `json:"AccountId"`
	Created         time.Time `json:"CreateDate,omitzero"`
	Expires         time.Time `json:"ExpirationDate,omitzero"`
	DeclaredIn      string    `json:"DeclaredIn,omitempty"`
}

// id is by what the key is revoked.
func (v keyView) id() string { return v.AccessKeyID + v.CredentialID }

func viewAccessKey(k iam.AccessKey) keyView {
	return keyView{UserName: k.User, AccessKeyID: k.ID, Type: "access key", Status: status(k.Inactive), Account: k.Account, Created: k.Created}
}

func viewAPIKey(k iam.APIKey) keyView {
	v := keyView{UserName: k.User, CredentialID: k.ID, Type: "API key", Status: status(k.Inactive), Account: k.Account, Created: k.Created, Expires: k.Expires}
	if !k.Expires.IsZero() && !time.Now().Before(k.Expires) {
		v.Status = "Expired"
	}
	return v
}

// status has the words of IAM.
func status(inactive bool) string {
	if inactive {
		return "Inactive"
	}
	return "Active"
}

// viewKeys are those keys that are wanted.
func viewKeys(e *admin.Everybody, wanted func(keyView) bool) []keyView {
	var views []keyView
	add := func(v keyView, r iam.Ref) {
		if wanted(v) {
			v.DeclaredIn = declaredIn(e, r)
			views = append(views, v)
		}
	}
	for _, k := range e.All.AccessKeys {
		add(viewAccessKey(k), k.Ref())
	}
	for _, k := range e.All.APIKeys {
		add(viewAPIKey(k), k.Ref())
	}
	return views
}

type keysCreate struct {
	office
	accountFlag
	User    string `arg:"" help:"User who gets the key."`
	API     bool   `name:"api" help:"A Bedrock API key, for AWS_BEARER_TOKEN_BEDROCK, instead of an access key."`
	Expires age    `help:"With --api, how long the key is good, as 90d. Default: until it is revoked." placeholder:"TIME"`
}

// Run makes the key and shows it, this once.
func (c *keysCreate) Run(ctx context.Context) error {
	if c.Expires != 0 && !c.API {
		return errors.New("access keys do not expire: leave --expires out, or add --api")
	}
	return c.with(ctx, func(ctx context.Context, d *desk) error {
		everybody, err := d.Everybody(ctx)
		if err != nil {
			return err
		}
		user, err := c.ref(everybody, iam.KindUser, c.User)
		if err != nil {
			return err
		}
		if c.API {
			err = c.apiKey(ctx, d, user)
		} else {
			err = c.accessKey(ctx, d, user)
		}
		if err == nil && d.settings.Auth != config.AuthIAM {
			c.tell("A server takes it with \"auth: iam\" in its configuration, or with --auth iam.")
		}
		return err
	})
}

func (c *keysCreate) accessKey(ctx context.Context, d *desk, user iam.Ref) error {
	ring, err := d.ring()
	if err != nil {
		return err
	}
	key, secret := admin.NewAccessKey(user, ring, thisSecond())
	if err := d.Apply(ctx, func(e *admin.Everybody) ([]store.Change, error) { return e.AddAccessKey(key) }); err != nil {
		return err
	}
	view := viewAccessKey(key)
	view.SecretAccessKey = secret
	return c.show(view,
		fmt.Sprintf("An access key of %s. The secret is shown this once; \"saprolite keys revoke %s\" ends the key.", c.User, key.ID),
		fmt.Sprintf("export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", key.ID, secret))
}

// show shows a new key, this once: as view to programs, as lines to shells.
func (c *keysCreate) show(view keyView, told, lines string) (err error) {
	if c.json() {
		err = c.print(view, nil)
	} else {
		_, err = os.Stdout.WriteString(lines)
	}
	if err != nil {
		return fmt.Errorf("the key is made, and could not be shown: %w; \"saprolite keys revoke %s\" ends it, and then try again", err, view.id())
	}
	c.tell("%s", told)
	return nil
}

func (c *keysCreate) apiKey(ctx context.Context, d *desk, user iam.Ref) error {
	now := thisSecond()
	var expires time.Time
	if c.Expires != 0 {
		expires = now.Add(time.Duration(c.Expires))
	}
	key, token := admin.NewAPIKey(user, now, expires)
	if err := d.Apply(ctx, func(e *admin.Everybody) ([]store.Change, error) { return e.AddAPIKey(key) }); err != nil {
		return err
	}
	view := viewAPIKey(key)
	view.APIKey = token
	return c.show(view,
		fmt.Sprintf("An API key of %s. It is shown this once; \"saprolite keys revoke %s\" ends it.", c.User, key.ID),
		fmt.Sprintf("export AWS_BEARER_TOKEN_BEDROCK=%s\n", token))
}

type keysList struct {
	office
	User string `help:"Those of this user alone." placeholder:"NAME"`
}

// Run lists the keys.
func (c *keysList) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		views := viewKeys(e, func(v keyView) bool { return c.User == "" || v.UserName == c.User })
		return list(&c.printer, views, "ID | TYPE | USER | ACCOUNT | STATUS | CREATED | EXPIRES | DECLARED IN", func(k keyView) []string {
			return []string{k.id(), k.Type, k.UserName, k.Account, k.Status, day(k.Created), day(k.Expires), k.DeclaredIn}
		})
	})
}

// keyCommand is a command about one key.
type keyCommand struct {
	office
	Account string `help:"Account of the key. Default: whichever has it." placeholder:"ID"`
	ID      string `arg:"" name:"id" help:"Id of the key, as \"saprolite keys list\" shows it."`
}

func (c *keyCommand) set(to admin.KeyStatus) func(*admin.Everybody) ([]store.Change, error) {
	return func(e *admin.Everybody) ([]store.Change, error) { return e.SetKeyStatus(c.Account, c.ID, to) }
}

// withdraw makes a key good for nothing. That must be possible at any time, also while
// the file of principals is broken.
func (c *keyCommand) withdraw(ctx context.Context, to admin.KeyStatus, done string) error {
	d, err := c.desk()
	if err != nil {
		return err
	}
	if err := d.open(ctx, func(ctx context.Context) error { return d.Apply(ctx, c.set(to)) }); err != nil {
		return errors.Join(err, d.unread)
	}
	c.tell("%s", done)
	if d.unread != nil {
		c.warn("if the file of principals declares a key of that id too, that one is as it was. The file cannot be read:\n%v", d.unread)
	}
	return nil
}

type (
	keysRevoke     struct{ keyCommand }
	keysActivate   struct{ keyCommand }
	keysDeactivate struct{ keyCommand }
)

// Run revokes the key.
func (c *keysRevoke) Run(ctx context.Context) error {
	return c.withdraw(ctx, admin.Revoke, "Revoked. A server knows it within a second.")
}

// Run activates the key.
func (c *keysActivate) Run(ctx context.Context) error {
	return c.change(ctx, c.set(admin.Activate), "Active. A server knows it within a second.")
}

// Run deactivates the key.
func (c *keysDeactivate) Run(ctx context.Context) error {
	return c.withdraw(ctx, admin.Deactivate, "Inactive. A server knows it within a second.")
}

type keysReseal struct{ office }

// Run seals everything anew.
func (c *keysReseal) Run(ctx context.Context) error {
	return c.with(ctx, func(ctx context.Context, d *desk) error {
		ring, err := d.ring()
		if err != nil {
			return err
		}
		sealed := 0
		err = d.Apply(ctx, func(e *admin.Everybody) ([]store.Change, error) {
			changes, err := e.Reseal(ring)
			sealed = len(changes)
			return changes, err
		})
		if err == nil {
			c.tell("Secrets sealed with the first key: %d. Sessions of roles need the others until they end, after 12 hours at most.", sealed)
		}
		return err
	})
}
