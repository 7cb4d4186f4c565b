package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/profiles"
)

// errDenied ends the program with exitDenied. Whoever returns it has said why.
var errDenied = errors.New("denied")

type policiesSimulate struct {
	office
	accountFlag
	Principal string   `help:"Name of a user or role, or its ARN." required:"" placeholder:"NAME|ARN"`
	Action    string   `help:"Action, as bedrock:InvokeModel, or operation, as Converse." required:"" placeholder:"ACTION"`
	Resource  []string `sep:"none" help:"Resource: an ARN, or the id of a model or profile. All must be allowed. Without one: *." placeholder:"ARN|MODEL-ID"`
	Context   []string `sep:"none" help:"Condition key and value, as aws:SourceIp=10.0.0.7; a key given again has several values. What a request from this machine to the first address of the configuration would have is there." placeholder:"KEY=VALUE"`
	Region    string   `help:"Region that the request is signed for." default:"us-east-1"`
}

// Run explains the decision.
func (c *policiesSimulate) Run(ctx context.Context) error {
	return c.with(ctx, func(ctx context.Context, d *desk) error {
		everybody, err := d.Everybody(ctx)
		if err != nil {
			return err
		}
		principal, err := c.principal(everybody)
		if err != nil {
			return err
		}
		request, err := c.request(d, principal)
		if err != nil {
			return err
		}
		people, err := directory.New(ctx, directory.Options{Source: policiesOf{everybody}})
		if err != nil {
			return err
		}
		policies, err := people.Policies(*principal)
		if err != nil {
			return fmt.Errorf("nothing is allowed: %w; \"saprolite policies list\" shows what there is", err)
		}
		explanation := policies.Explain(request)
		if err := c.tellWhy(principal, &explanation); err != nil || explanation.Decision.Allowed() {
			return err
		}
		return errDenied
	})
}

// policiesOf is everybody without keys, whose secrets nobody needs here.
type policiesOf struct{ *admin.Everybody }

func (p policiesOf) Revision(context.Context) (int64, error) { return p.All.Revision, nil }

func (p policiesOf) Snapshot(context.Context) (iam.Snapshot, error) {
	all := p.All
	all.AccessKeys, all.APIKeys = nil, nil
	return all, nil
}

// principal finds who is named, as the server sees such a caller.
func (c *policiesSimulate) principal(e *admin.Everybody) (*identity.Principal, error) {
	account := c.Account
	if !strings.HasPrefix(c.Principal, "arn:") {
		var err error
		if account, err = c.choose(e); err != nil {
			return nil, err
		}
	}
	named := func(r iam.Ref, arn string) bool {
		return arn == c.Principal || r.Account == account && r.Name == c.Principal
	}
	var found []*identity.Principal
	for _, u := range e.All.Users {
		if named(u.Ref(), u.ARN()) {
			found = append(found, &identity.Principal{ARN: u.ARN(), Account: u.Account, UserID: u.ID, UserName: u.Name, Tags: u.Tags, Region: c.Region})
		}
	}
	for _, r := range e.All.Roles {
		if named(r.Ref(), r.ARN()) {
			found = append(found, sessionOf(r, c.Region))
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("there is no user and no role %s: \"saprolite users list\" and \"saprolite roles list\" show what there is", c.Principal)
	}
	return nil, fmt.Errorf("there are a user and a role %s: give the ARN of the one you mean", c.Principal)
}

// sessionOf is a caller who has assumed a role.
func sessionOf(r iam.Role, region string) *identity.Principal {
	const session = "simulation"
	return &identity.Principal{
		ARN:     "arn:aws:sts::" + r.Account + ":assumed-role/" + r.Name + "/" + session,
		Account: r.Account, UserID: r.ID + ":" + session, Tags: r.Tags, Region: region,
		Session: &identity.Session{RoleARN: r.ARN(), Name: session, Issued: time.Now()},
	}
}

// request is what the server would ask the policies.
func (c *policiesSimulate) request(d *desk, p *identity.Principal) (*policy.Request, error) {
	request := &policy.Request{Action: c.Action}
	if !strings.Contains(c.Action, ":") {
		request.Action = policy.ActionOf(c.Action)
	}
	info, known := policy.LookupAction(request.Action)
	if !known && strings.HasPrefix(request.Action, "bedrock:") {
		return nil, fmt.Errorf("there is no action %s here: write one as bedrock:InvokeModel, or an operation as Converse", request.Action)
	}
	resources, err := c.resources(d, p, info)
	if err != nil {
		return nil, err
	}
	request.Resources, request.Context = resources, conditions.Of(p, fromThisMachine(d.settings), nil, time.Now())
	return request, c.addContext(request.Context)
}

// resources are those that stand behind the ones that were named.
func (c *policiesSimulate) resources(d *desk, p *identity.Principal, info policy.ActionInfo) (resources []policy.Resource, err error) {
	made := profiles.New(d.state)
	known := d.settings.Catalog()
	known.Applications = made
	models, err := catalog.New(known)
	if err != nil {
		return nil, err
	}
	for _, resource := range c.Resource {
		used, err := models.Resources(resource, catalog.Location{Region: p.Region, Account: p.Account})
		_, wrong := errors.AsType[*bedrock.ValidationException](err)
		switch {
		case err != nil && !wrong:
			return nil, err
		case err == nil && used.Profile != "" && !slices.Contains(info.Resources, "foundation-model") && profileAmong(info.Resources):
			used.Models = nil
		case err == nil && slices.Contains(info.Resources, "foundation-model"):
		case strings.HasPrefix(resource, "arn:"):
			resources = append(resources, policy.Resource{ARN: resource})
			continue
		default:
			return nil, fmt.Errorf("%q is no resource of %s: write its ARN", resource, c.Action)
		}
		tags, err := made.ResourceTags(used.Profile, p.Account)
		if err != nil {
			return nil, err
		}
		resources = append(resources, conditions.Resources(used, tags)...)
	}
	return resources, nil
}

// profileAmong says whether inference profiles of some kind are among the types of
// resources.
func profileAmong(types []string) bool {
	return slices.Contains(types, "inference-profile") || slices.Contains(types, "application-inference-profile")
}

// fromThisMachine is what a request from here to the server would be, at the first
// address that it listens on.
func fromThisMachine(settings *config.Config) *http.Request {
	like := &http.Request{RemoteAddr: "127.0.0.1:0"}
	for _, l := range settings.Listen {
		if _, unix := l.Unix(); unix {
			continue
		}
		if settings.Encrypted(l) {
			like.TLS = new(tls.ConnectionState)
		}
		break
	}
	return like
}

// addContext sets the keys that were given.
func (c *policiesSimulate) addContext(about *policy.Context) error {
	given := map[string][]string{}
	for _, pair := range c.Context {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || !strings.Contains(key, ":") {
			return fmt.Errorf("%q is no condition key and value: write them as aws:SourceIp=10.0.0.7", pair)
		}
		folded := strings.ToLower(key)
		given[folded] = append(given[folded], value)
		about.Set(key, given[folded]...)
	}
	return nil
}
