package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/store"
)

type rolesCommand struct {
	Create rolesCreate          `cmd:"" help:"Make a role."`
	Update rolesUpdate          `cmd:"" help:"Change who may assume a role, and for how long."`
	List   rolesList            `cmd:"" help:"List the roles of all accounts."`
	Show   rolesShow            `cmd:"" help:"Show all about a role."`
	Delete deleteCommand[aRole] `cmd:"" help:"Delete a role."`
	Attach attachCommand[aRole] `cmd:"" help:"Attach policies to a role."`
	Detach detachCommand[aRole] `cmd:"" help:"Detach policies from a role."`
	Tag    tagCommand[aRole]    `cmd:"" help:"Give tags to a role, for aws:PrincipalTag."`
	Untag  untagCommand[aRole]  `cmd:"" help:"Take tags from a role."`
}

type roleView struct {
	RoleName string
	RoleID   string `json:"RoleId"`
	Trust    string `json:"AssumeRolePolicyDocument"`
	// MaxSession is in seconds.
	MaxSession int `json:"MaxSessionDuration"`
	principalView
}

func viewRole(e *admin.Everybody, r iam.Role) roleView {
	return roleView{
		RoleName: r.Name, RoleID: r.ID, Trust: r.Trust, MaxSession: int(cmp.Or(r.MaxSession, time.Hour) / time.Second),
		principalView: principalView{
			ARN: r.ARN(), Attached: r.Attached, Inline: r.Inline, Boundary: r.Boundary, Tags: r.Tags,
			Created: r.Created, DeclaredIn: declaredIn(e, r.Ref()),
		},
	}
}

type rolesCreate struct {
	office
	accountFlag
	Name       string            `arg:"" help:"Up to 64 letters, digits and +=,.@_-."`
	Trust      string            `help:"File with the policy that says who may assume the role; - is standard input." placeholder:"FILE" required:""`
	Policy     []string          `sep:"none" help:"Policy to attach: its name in the account, or that of one of AWS." placeholder:"POLICY"`
	Boundary   string            `help:"Policy that bounds what the others allow." placeholder:"POLICY"`
	Tag        map[string]string `mapsep:"none" help:"Tag, as team=red." placeholder:"KEY=VALUE"`
	MaxSession time.Duration     `help:"For how long it can be assumed: 1h, the default, to 12h." placeholder:"TIME"`
}

// Run makes the role and prints its ARN.
func (c *rolesCreate) Run(ctx context.Context) error {
	trust, err := readPolicy(c.Trust)
	if err != nil {
		return err
	}
	role := iam.Role{
		Name: c.Name, Path: "/", ID: iam.NewID(iam.KindRole), Permissions: iam.Permissions{Attached: c.Policy},
		Trust: trust, MaxSession: c.MaxSession, Boundary: c.Boundary, Tags: c.Tag, Created: thisSecond(),
	}
	err = c.create(ctx, func(e *admin.Everybody) (changes []store.Change, err error) {
		if role.Account, err = c.choose(e); err != nil {
			return nil, err
		}
		return e.CreateRole(role)
	}, func(e *admin.Everybody) (any, error) {
		made, err := e.Role(role.Ref())
		return viewRole(e, made), err
	}, "The role is made. \"saprolite roles show %s\" tells its ARN, which AWS_ROLE_ARN takes.", c.Name)
	return c.taken(err, c.Name, policy.Trust, trust)
}

type rolesUpdate struct {
	named[aRole]
	Trust      string        `help:"File with the policy that says who may assume the role; - is standard input." placeholder:"FILE"`
	MaxSession time.Duration `help:"For how long it can be assumed, up to 12h." placeholder:"TIME"`
}

// Run changes the role.
func (c *rolesUpdate) Run(ctx context.Context) error {
	next := iam.Role{Name: c.Name, MaxSession: c.MaxSession}
	if c.Trust == "" && c.MaxSession == 0 {
		return errors.New("nothing is to change: add --trust FILE or --max-session TIME")
	}
	if c.Trust != "" {
		var err error
		if next.Trust, err = readPolicy(c.Trust); err != nil {
			return err
		}
	}
	err := c.edit(ctx, func(e *admin.Everybody, r iam.Ref) ([]store.Change, error) {
		next.Account = r.Account
		return e.UpdateRole(next)
	}, "The role is another. A server knows it within a second.")
	if next.Trust == "" {
		return err
	}
	return c.taken(err, c.Name, policy.Trust, next.Trust)
}

type rolesList struct{ office }

// Run lists the roles.
func (c *rolesList) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		var views []roleView
		for _, r := range e.All.Roles {
			views = append(views, viewRole(e, r))
		}
		return list(&c.printer, views, "NAME | ARN | POLICIES | DECLARED IN", func(r roleView) []string {
			return []string{r.RoleName, r.ARN, names(r.principalView), r.DeclaredIn}
		})
	})
}

type rolesShow struct{ named[aRole] }

// Run shows the role.
func (c *rolesShow) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		ref, err := c.ref(e, iam.KindRole, c.Name)
		if err != nil {
			return err
		}
		role, err := e.Role(ref)
		if err != nil {
			return err
		}
		view := viewRole(e, role)
		return c.print(view, func(w io.Writer) {
			view.write(w)
			field(w, "Assumed for", (time.Duration(view.MaxSession) * time.Second).String())
			fmt.Fprintf(w, "Trust policy:\n%s\n", indented(view.Trust))
		})
	})
}
