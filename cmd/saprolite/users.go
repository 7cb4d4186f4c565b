package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/store"
)

type usersCommand struct {
	Create usersCreate          `cmd:"" help:"Make a user."`
	List   usersList            `cmd:"" help:"List the users of all accounts."`
	Show   usersShow            `cmd:"" help:"Show all about a user."`
	Delete deleteCommand[aUser] `cmd:"" help:"Delete a user."`
	Attach attachCommand[aUser] `cmd:"" help:"Attach policies to a user."`
	Detach detachCommand[aUser] `cmd:"" help:"Detach policies from a user."`
	Tag    tagCommand[aUser]    `cmd:"" help:"Give tags to a user, for aws:PrincipalTag."`
	Untag  untagCommand[aUser]  `cmd:"" help:"Take tags from a user."`
}

// principalView is what users, groups and roles have in common, by the names that
// the AWS CLI has for it.
type principalView struct {
	ARN      string            `json:"Arn"`
	Attached []string          `json:"AttachedPolicies,omitempty"`
	Inline   map[string]string `json:"InlinePolicies,omitempty"`
	Boundary string            `json:"PermissionsBoundary,omitempty"`
	Tags     map[string]string `json:"Tags,omitempty"`
	Created  time.Time         `json:"CreateDate,omitzero"`
	// DeclaredIn is the file; empty for those that commands made.
	DeclaredIn string `json:"DeclaredIn,omitempty"`
}

// write shows a principal to a person.
func (v *principalView) write(w io.Writer) {
	field(w, "ARN", v.ARN)
	field(w, "Policies", strings.Join(v.Attached, ", "))
	field(w, "Boundary", v.Boundary)
	field(w, "Tags", tagText(v.Tags))
	field(w, "Created", day(v.Created))
	field(w, "Declared in", v.DeclaredIn)
	for _, name := range slices.Sorted(maps.Keys(v.Inline)) {
		fmt.Fprintf(w, "Inline policy %s:\n%s\n", name, indented(v.Inline[name]))
	}
}

func tagText(tags map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		pairs = append(pairs, key+"="+tags[key])
	}
	return strings.Join(pairs, ", ")
}

// declaredIn is the file that declares an entity, or nothing.
func declaredIn(e *admin.Everybody, r iam.Ref) string {
	if slices.Contains(e.Declared.Refs(), r) {
		return e.File
	}
	return ""
}

type userView struct {
	UserName string
	UserID   string   `json:"UserId"`
	Groups   []string `json:"Groups,omitempty"`
	principalView
	Keys []keyView `json:"Keys,omitempty"`
}

func viewUser(e *admin.Everybody, u iam.User) userView {
	return userView{UserName: u.Name, UserID: u.ID, Groups: u.Groups, principalView: principalView{
		ARN: u.ARN(), Attached: u.Attached, Inline: u.Inline, Boundary: u.Boundary, Tags: u.Tags,
		Created: u.Created, DeclaredIn: declaredIn(e, u.Ref()),
	}}
}

type usersCreate struct {
	office
	accountFlag
	Name     string            `arg:"" help:"Up to 64 letters, digits and +=,.@_-."`
	Policy   []string          `sep:"none" help:"Policy to attach: its name in the account, or that of one of AWS." placeholder:"POLICY"`
	Group    []string          `sep:"none" help:"Group to be in." placeholder:"GROUP"`
	Boundary string            `help:"Policy that bounds what the others allow." placeholder:"POLICY"`
	Tag      map[string]string `mapsep:"none" help:"Tag, as team=red." placeholder:"KEY=VALUE"`
}

// Run makes the user.
func (c *usersCreate) Run(ctx context.Context) error {
	user := iam.User{
		Name: c.Name, Path: "/", ID: iam.NewID(iam.KindUser), Permissions: iam.Permissions{Attached: c.Policy},
		Groups: c.Group, Boundary: c.Boundary, Tags: c.Tag, Created: thisSecond(),
	}
	return c.create(ctx, func(e *admin.Everybody) (changes []store.Change, err error) {
		if user.Account, err = c.choose(e); err != nil {
			return nil, err
		}
		return e.CreateUser(user)
	}, func(e *admin.Everybody) (any, error) {
		made, err := e.User(user.Ref())
		return viewUser(e, made), err
	}, "The user is made. Next: \"saprolite keys create %s%s\".", c.Name, c.flags())
}

type usersList struct{ office }

// Run lists the users.
func (c *usersList) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		var views []userView
		for _, u := range e.All.Users {
			views = append(views, viewUser(e, u))
		}
		return list(&c.printer, views, "NAME | ARN | GROUPS | POLICIES | DECLARED IN", func(u userView) []string {
			return []string{u.UserName, u.ARN, strings.Join(u.Groups, ","), names(u.principalView), u.DeclaredIn}
		})
	})
}

// names are the last parts of the policies' ARNs, and the inline ones.
func names(v principalView) string {
	var short []string
	for _, arn := range v.Attached {
		short = append(short, arn[strings.LastIndex(arn, "/")+1:])
	}
	return strings.Join(append(short, slices.Sorted(maps.Keys(v.Inline))...), ",")
}

type usersShow struct{ named[aUser] }

// Run shows the user.
func (c *usersShow) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		ref, err := c.ref(e, iam.KindUser, c.Name)
		if err != nil {
			return err
		}
		user, err := e.User(ref)
		if err != nil {
			return err
		}
		view := viewUser(e, user)
		view.Keys = viewKeys(e, func(k keyView) bool { return k.Account == ref.Account && k.UserName == ref.Name })
		return c.print(view, func(w io.Writer) {
			view.write(w)
			field(w, "Groups", strings.Join(view.Groups, ", "))
			for _, k := range view.Keys {
				field(w, k.Type, k.id()+" "+k.Status)
			}
		})
	})
}
