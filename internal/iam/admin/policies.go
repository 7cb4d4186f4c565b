package admin

import (
	"errors"
	"slices"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/store"
)

// checkDocument refuses what is no policy of the kind.
func checkDocument(name string, kind policy.Kind, document string) error {
	_, err := policy.Parse(name, kind, []byte(document))
	if refusal, ok := errors.AsType[*policy.Error](err); ok {
		return &Error{Code: refusal.Code, Message: refusal.Error() + ".", Remedy: "Correct the document; docs/team.md shows one."}
	}
	return err
}

// CreatePolicy makes a managed policy.
func (e *Everybody) CreatePolicy(p iam.Policy) ([]store.Change, error) {
	if _, ok := policy.ManagedByAWS(p.Name); ok {
		return nil, &Error{Code: CodeEntityAlreadyExists, Message: "AWS has a policy called " + p.Name + ".", Remedy: "Take another name."}
	}
	if err := creatable(e, e.All.Policies, p.Ref()); err != nil {
		return nil, err
	}
	if err := checkDocument(p.Name, policy.Managed, p.Document); err != nil {
		return nil, err
	}
	return []store.Change{store.Put(p)}, nil
}

// UpdatePolicy puts another document into a managed policy; p is it, but for what
// stays.
func (e *Everybody) UpdatePolicy(p iam.Policy) ([]store.Change, error) {
	was, err := changeable(e, e.Stored.Policies, e.Declared.Policies, p.Ref())
	if err != nil {
		return nil, err
	}
	if err := checkDocument(p.Name, policy.Managed, p.Document); err != nil {
		return nil, err
	}
	was.Document, was.Updated = p.Document, p.Updated
	return []store.Change{store.Put(was)}, nil
}

// DeletePolicy deletes a managed policy that nobody has, or takes it from those who
// have it. A boundary stays: without it they could do more.
func (e *Everybody) DeletePolicy(r iam.Ref, d Deletion) ([]store.Change, error) {
	p, err := changeable(e, e.Stored.Policies, e.Declared.Policies, r)
	if err != nil {
		return nil, err
	}
	changes := []store.Change{store.Delete(r)}
	for _, holder := range e.holders(p.ARN()) {
		if _, err := e.principal(holder.ref); err != nil {
			return nil, err
		}
		switch {
		case holder.boundary != nil && *holder.boundary == p.ARN():
			return nil, inUse("Cannot delete a policy that is the permissions boundary of the "+holder.ref.String()+".",
				"Give it another one, or none: \"saprolite "+string(holder.ref.Kind)+"s detach "+holder.ref.Name+" --boundary\".")
		case d == Careful:
			return nil, inUse("Cannot delete a policy attached to entities.", force)
		}
		holder.permissions.Attached = without(holder.permissions.Attached, p.ARN())
		changes = append(changes, holder.put())
	}
	return changes, nil
}

// Holders are those who have a policy, attached or as boundary.
func (e *Everybody) Holders(arn string) []iam.Ref {
	var refs []iam.Ref
	for _, holder := range e.holders(arn) {
		refs = append(refs, holder.ref)
	}
	return refs
}

func (e *Everybody) holders(arn string) []*principal {
	var holders []*principal
	add := func(p *principal) {
		if slices.Contains(p.permissions.Attached, arn) || p.boundary != nil && *p.boundary == arn {
			holders = append(holders, p)
		}
	}
	for _, u := range e.All.Users {
		add(ofUser(&u))
	}
	for _, g := range e.All.Groups {
		add(ofGroup(&g))
	}
	for _, r := range e.All.Roles {
		add(ofRole(&r))
	}
	return holders
}
