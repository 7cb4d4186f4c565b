package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/store"
)

type groupsCommand struct {
	Create groupsCreate          `cmd:"" help:"Make a group."`
	List   groupsList            `cmd:"" help:"List the groups of all accounts."`
	Show   groupsShow            `cmd:"" help:"Show all about a group."`
	Delete deleteCommand[aGroup] `cmd:"" help:"Delete a group."`
	Attach attachCommand[aGroup] `cmd:"" help:"Attach policies to a group."`
	Detach detachCommand[aGroup] `cmd:"" help:"Detach policies from a group."`
	Add    groupsAdd             `cmd:"" help:"Put users into a group."`
	Remove groupsRemove          `cmd:"" help:"Take users out of a group."`
}

type groupView struct {
	GroupName string
	Users     []string `json:"Users,omitempty"`
	principalView
}

func viewGroup(e *admin.Everybody, g iam.Group) groupView {
	view := groupView{GroupName: g.Name, principalView: principalView{
		ARN: g.ARN(), Attached: g.Attached, Inline: g.Inline, Created: g.Created, DeclaredIn: declaredIn(e, g.Ref()),
	}}
	for _, u := range e.All.Users {
		if u.Account == g.Account && slices.Contains(u.Groups, g.Name) {
			view.Users = append(view.Users, u.Name)
		}
	}
	return view
}

type groupsCreate struct {
	office
	accountFlag
	Name   string   `arg:"" help:"Up to 64 letters, digits and +=,.@_-."`
	Policy []string `sep:"none" help:"Policy to attach: its name in the account, or that of one of AWS." placeholder:"POLICY"`
}

// Run makes the group.
func (c *groupsCreate) Run(ctx context.Context) error {
	group := iam.Group{Name: c.Name, Path: "/", Permissions: iam.Permissions{Attached: c.Policy}, Created: thisSecond()}
	return c.create(ctx, func(e *admin.Everybody) (changes []store.Change, err error) {
		if group.Account, err = c.choose(e); err != nil {
			return nil, err
		}
		return e.CreateGroup(group)
	}, func(e *admin.Everybody) (any, error) {
		made, err := e.Group(group.Ref())
		return viewGroup(e, made), err
	}, "The group is made. Next: \"saprolite groups add %s USER%s\".", c.Name, c.flags())
}

type groupsList struct{ office }

// Run lists the groups.
func (c *groupsList) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		var views []groupView
		for _, g := range e.All.Groups {
			views = append(views, viewGroup(e, g))
		}
		return list(&c.printer, views, "NAME | ARN | USERS | POLICIES | DECLARED IN", func(g groupView) []string {
			return []string{g.GroupName, g.ARN, strings.Join(g.Users, ","), names(g.principalView), g.DeclaredIn}
		})
	})
}

type groupsShow struct{ named[aGroup] }

// Run shows the group.
func (c *groupsShow) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		ref, err := c.ref(e, iam.KindGroup, c.Name)
		if err != nil {
			return err
		}
		group, err := e.Group(ref)
		if err != nil {
			return err
		}
		view := viewGroup(e, group)
		return c.print(view, func(w io.Writer) {
			view.write(w)
			field(w, "Users", strings.Join(view.Users, ", "))
		})
	})
}

type groupsAdd struct {
	named[aGroup]
	Users []string `arg:"" help:"Users of the same account."`
}

// Run puts the users into the group.
func (c *groupsAdd) Run(ctx context.Context) error {
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) { return e.AddToGroup(r, c.Users) }, "Added.")
}

type groupsRemove struct {
	named[aGroup]
	Users []string `arg:"" help:"Users of the same account."`
}

// Run takes the users out of the group.
func (c *groupsRemove) Run(ctx context.Context) error {
	return c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) { return e.RemoveFromGroup(r, c.Users) }, "Removed.")
}
