package main

import (
	"context"
	"errors"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/store"
)

// The commands of this file are the same for users, groups and roles.

// holder is a kind of entity that has policies.
type holder interface{ kind() iam.Kind }

type (
	aUser  struct{}
	aGroup struct{}
	aRole  struct{}
)

func (aUser) kind() iam.Kind  { return iam.KindUser }
func (aGroup) kind() iam.Kind { return iam.KindGroup }
func (aRole) kind() iam.Kind  { return iam.KindRole }

// named is a command about one entity of an account.
type named[H holder] struct {
	office
	accountFlag
	Name string `arg:"" help:"Name in the account."`
}

// edit changes the entity.
func (n *named[H]) edit(ctx context.Context, think func(*admin.Everybody, iam.Ref) ([]store.Change, error), done string, args ...any) error {
	return n.change(ctx, func(e *admin.Everybody) ([]store.Change, error) {
		var h H
		ref, err := n.ref(e, h.kind(), n.Name)
		if err != nil {
			return nil, err
		}
		return think(e, ref)
	}, done, args...)
}

type attachCommand[H holder] struct {
	named[H]
	Policies []string `arg:"" optional:"" help:"Policies, by their names in the account, by those of AWS, or by ARN."`
	Boundary string   `help:"Policy that bounds what the others allow." placeholder:"POLICY"`
}

// Run attaches the policies.
func (c *attachCommand[H]) Run(ctx context.Context) error {
	if len(c.Policies) == 0 && c.Boundary == "" {
		return errors.New("no policy is named: \"saprolite policies list\" shows what there is")
	}
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) {
		return e.Attach(r, admin.Attachments{Policies: c.Policies, Boundary: c.Boundary})
	}, "Attached. A server knows it within a second.")
}

type detachCommand[H holder] struct {
	named[H]
	Policies []string `arg:"" optional:"" help:"Policies, by their names in the account, by those of AWS, or by ARN."`
	Boundary bool     `help:"Take the permissions boundary away too."`
}

// Run detaches the policies.
func (c *detachCommand[H]) Run(ctx context.Context) error {
	if len(c.Policies) == 0 && !c.Boundary {
		return errors.New("no policy is named: \"show\" in place of \"detach\" tells which are attached")
	}
	from := admin.Attachments{Policies: c.Policies}
	if c.Boundary {
		from.Boundary = "present"
	}
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) {
		return e.Detach(r, from)
	}, "Detached. A server knows it within a second.")
}

type tagCommand[H holder] struct {
	named[H]
	Tags map[string]string `arg:"" help:"Tags, as team=red." placeholder:"KEY=VALUE"`
}

// Run sets the tags.
func (c *tagCommand[H]) Run(ctx context.Context) error {
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) { return e.Tag(r, c.Tags) }, "Tagged.")
}

type untagCommand[H holder] struct {
	named[H]
	Keys []string `arg:"" help:"Keys of tags."`
}

// Run takes the tags away.
func (c *untagCommand[H]) Run(ctx context.Context) error {
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) { return e.Untag(r, c.Keys) }, "Untagged.")
}

type deleteCommand[H holder] struct {
	named[H]
	removal
}

// Run deletes the entity.
func (c *deleteCommand[H]) Run(ctx context.Context) error {
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) {
		switch r.Kind {
		case iam.KindUser:
			return e.DeleteUser(r, c.deletion())
		case iam.KindGroup:
			return e.DeleteGroup(r, c.deletion())
		}
		return e.DeleteRole(r, c.deletion())
	}, "Deleted. A server knows it within a second.")
}
