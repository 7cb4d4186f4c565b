package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/store"
)

type policiesCommand struct {
	Create   policiesCreate   `cmd:"" help:"Make a policy of a document."`
	Update   policiesUpdate   `cmd:"" help:"Put another document into a policy."`
	List     policiesList     `cmd:"" help:"List the policies of all accounts, and those of AWS."`
	Show     policiesShow     `cmd:"" help:"Print the document of a policy."`
	Delete   policiesDelete   `cmd:"" help:"Delete a policy."`
	Simulate policiesSimulate `cmd:"" help:"Explain, statement by statement, whether somebody may do something. Exits with 3 when not."`
}

type policyView struct {
	PolicyName string
	ARN        string    `json:"Arn"`
	Document   string    `json:"PolicyDocument,omitempty"`
	HeldBy     []string  `json:"HeldBy,omitempty"`
	Created    time.Time `json:"CreateDate,omitzero"`
	Updated    time.Time `json:"UpdateDate,omitzero"`
	DeclaredIn string    `json:"DeclaredIn,omitempty"`
}

func viewPolicy(e *admin.Everybody, p iam.Policy) policyView {
	v := policyView{PolicyName: p.Name, ARN: p.ARN(), Document: p.Document, Created: p.Created, Updated: p.Updated, DeclaredIn: declaredIn(e, p.Ref())}
	for _, holder := range e.Holders(v.ARN) {
		v.HeldBy = append(v.HeldBy, string(holder.Kind)+"/"+holder.Name)
	}
	return v
}

type policiesCreate struct {
	office
	accountFlag
	Name string `arg:"" help:"Up to 64 letters, digits and +=,.@_-."`
	File string `arg:"" help:"File with the policy in JSON; - is standard input."`
}

// Run makes the policy.
func (c *policiesCreate) Run(ctx context.Context) error {
	document, err := readPolicy(c.File)
	if err != nil {
		return err
	}
	now := thisSecond()
	made := iam.Policy{Name: c.Name, Path: "/", Document: document, Created: now, Updated: now}
	err = c.create(ctx, func(e *admin.Everybody) (changes []store.Change, err error) {
		if made.Account, err = c.choose(e); err != nil {
			return nil, err
		}
		return e.CreatePolicy(made)
	}, func(e *admin.Everybody) (any, error) { return viewPolicy(e, made), nil }, "The policy is made. Next: \"saprolite users attach USER %s\".", c.Name)
	return c.taken(err, c.Name, policy.Managed, document)
}

type policiesUpdate struct {
	office
	accountFlag
	Name string `arg:"" help:"Name in the account."`
	File string `arg:"" help:"File with the policy in JSON; - is standard input."`
}

// Run puts the document in place of the present one.
func (c *policiesUpdate) Run(ctx context.Context) error {
	document, err := readPolicy(c.File)
	if err != nil {
		return err
	}
	next := iam.Policy{Name: c.Name, Path: "/", Document: document, Updated: thisSecond()}
	err = c.change(ctx, func(e *admin.Everybody) (changes []store.Change, err error) {
		if next.Account, err = c.choose(e); err != nil {
			return nil, err
		}
		return e.UpdatePolicy(next)
	}, "The policy is another. A server knows it within a second.")
	return c.taken(err, c.Name, policy.Managed, document)
}

// taken gives the error of a command that takes a document. When there is none, it tells
// of conditions in the document that can never be met here.
func (o *office) taken(err error, name string, kind policy.Kind, document string) error {
	if err != nil {
		return err
	}
	parsed, err := policy.Parse(name, kind, []byte(document))
	if err != nil {
		return nil // it is taken as it is
	}
	if unknown := conditions.Unknown(parsed); len(unknown) > 0 {
		o.warn("%s is in force, but no request has a value of %s here: docs/principals.md lists the keys that some have", name, strings.Join(unknown, ", "))
	}
	return nil
}

type policiesList struct{ office }

// Run lists the policies.
func (c *policiesList) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		var views []policyView
		for _, p := range e.All.Policies {
			v := viewPolicy(e, p)
			v.Document = ""
			views = append(views, v)
		}
		for _, name := range policy.ManagedNames() {
			views = append(views, policyView{PolicyName: name, ARN: policy.ManagedPrefix + name})
		}
		return list(&c.printer, views, "NAME | ARN | HELD BY | UPDATED | DECLARED IN", func(p policyView) []string {
			return []string{p.PolicyName, p.ARN, fmt.Sprint(len(e.Holders(p.ARN))), day(p.Updated), p.DeclaredIn}
		})
	})
}

type policiesShow struct {
	office
	accountFlag
	Name string `arg:"" help:"Name in the account, or that of a policy of AWS, or an ARN."`
}

// Run prints the document.
func (c *policiesShow) Run(ctx context.Context) error {
	return c.see(ctx, func(e *admin.Everybody) error {
		view := policyView{PolicyName: c.Name}
		if document, ok := policy.ManagedByAWS(c.Name); ok {
			view.ARN, view.Document = iam.PolicyARN("", c.Name), string(document)
		} else {
			account, err := c.choose(e)
			if err != nil {
				return err
			}
			found, err := e.Policy(account, c.Name)
			if err != nil {
				return err
			}
			view = viewPolicy(e, found)
		}
		return c.print(view, func(w io.Writer) { fmt.Fprintln(w, strings.TrimSpace(view.Document)) })
	})
}

type policiesDelete struct {
	office
	accountFlag
	removal
	Name string `arg:"" help:"Name in the account."`
}

// Run deletes the policy.
func (c *policiesDelete) Run(ctx context.Context) error {
	return c.change(ctx, func(e *admin.Everybody) ([]store.Change, error) {
		ref, err := c.ref(e, iam.KindPolicy, c.Name)
		if err != nil {
			return nil, err
		}
		return e.DeletePolicy(ref, c.deletion())
	}, "Deleted. A server knows it within a second.")
}
