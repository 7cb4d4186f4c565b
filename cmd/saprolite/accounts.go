package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/store"
)

type accountsCommand struct {
	Create accountsCreate `cmd:"" help:"Make an account."`
	List   accountsList   `cmd:"" help:"List the accounts."`
	Delete accountsDelete `cmd:"" help:"Delete an account."`
}

// accountView is an account as the AWS CLI prints those of an organization.
type accountView struct {
	ID   string `json:"Id"`
	Name string `json:"Name,omitempty"`
}

type accountsCreate struct {
	office
	ID   string `arg:"" optional:"" name:"id" help:"Twelve digits. Default: random ones."`
	Name string `help:"Whose it is." placeholder:"TEXT"`
}

// Run makes the account and prints its id.
func (c *accountsCreate) Run(ctx context.Context) error {
	account := iam.Account{ID: c.ID, Name: c.Name}
	if account.ID == "" {
		id, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
		if err != nil {
			return err
		}
		account.ID = fmt.Sprint(id.Int64() + 100_000_000_000)
	}
	return c.with(ctx, func(ctx context.Context, d *desk) error {
		if err := d.Apply(ctx, func(e *admin.Everybody) ([]store.Change, error) { return e.CreateAccount(account) }); err != nil {
			return err
		}
		c.tell("The account is made. Next: \"saprolite users create NAME%s\".", c.flags())
		if c.json() {
			return c.print(accountView(account), nil)
		}
		_, err := fmt.Println(account.ID)
		return err
	})
}

type accountsList struct{ office }

// Run lists the accounts.
func (c *accountsList) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		var views []accountView
		for _, a := range e.All.Accounts {
			views = append(views, accountView(a))
		}
		return list(&c.printer, views, "ID | NAME", func(a accountView) []string { return []string{a.ID, a.Name} })
	})
}

type accountsDelete struct {
	office
	removal
	ID string `arg:"" name:"id" help:"Twelve digits."`
}

// Run deletes the account.
func (c *accountsDelete) Run(ctx context.Context) error {
	return c.with(ctx, func(ctx context.Context, d *desk) error {
		made, err := d.state.Profiles(ctx, c.ID, "", 1)
		if err != nil {
			return err
		}
		if len(made) > 0 && c.deletion() == admin.Careful {
			return fmt.Errorf("the account %s has inference profiles: delete them first, or give --force, which does it", c.ID)
		}
		err = d.Apply(ctx, func(e *admin.Everybody) ([]store.Change, error) { return e.DeleteAccount(c.ID, c.deletion()) })
		if err == nil {
			c.tell("The account %s is deleted.", c.ID)
		}
		return err
	})
}

// removal is how something is deleted.
type removal struct {
	Force bool `help:"Delete what belongs to it too, and take it from where it is named."`
}

func (r *removal) deletion() admin.Deletion {
	if r.Force {
		return admin.Whole
	}
	return admin.Careful
}
