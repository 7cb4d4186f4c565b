package sts

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

const (
	defaultSession = time.Hour
	// maxChained bounds the session of a caller that is a session itself.
	maxChained = time.Hour
)

// assumption is what AssumeRole and AssumeRoleWithWebIdentity have in common.
type assumption struct {
	arn      string
	parsed   roleARN
	name     string
	seconds  int
	policy   string
	policies []string
	tags     sessionTags
	source   string
	role     Role
	// trust is the attempt as the trust policy sees it; its Action is left out.
	trust Attempt
}

// readAssumption reads the common parameters. The rules that are left are for those
// who know the caller.
func (c *constraints) readAssumption() assumption {
	a := assumption{
		arn:     c.required("RoleArn", 20, 2048, arnPattern),
		name:    c.required("RoleSessionName", 2, 64, namePattern),
		seconds: c.number("DurationSeconds", 900, 43200),
		policy:  c.text("Policy", 1, 2048, nil),
	}
	for _, member := range c.list("PolicyArns", 10) {
		a.policies = append(a.policies, c.text(member+".arn", 20, 2048, arnPattern))
	}
	return a
}

// assumedUser is who the caller has become.
type assumedUser struct {
	ARN           string `xml:"Arn"`
	AssumedRoleID string `xml:"AssumedRoleId"`
}

// credentialShape are temporary credentials.
type credentialShape struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      timestamp
}

// assumedRole is the result of AssumeRole.
type assumedRole struct {
	AssumedRoleUser  assumedUser
	Credentials      credentialShape
	PackedPolicySize int    `xml:",omitempty"`
	SourceIdentity   string `xml:",omitempty"`
}

func (x *exchange) assumeRole() (any, error) {
	if err := x.authenticate(); err != nil {
		return nil, err
	}
	c := &constraints{form: x.form}
	a := c.readAssumption()
	externalID := c.text("ExternalId", 2, 1224, externalIDPattern)
	a.source = c.text("SourceIdentity", 2, 64, namePattern)
	a.tags = c.readTags()
	if err := cmp.Or(c.err(), a.tags.problem); err != nil {
		return nil, err
	}
	if err := x.checkCaller(&a); err != nil {
		return nil, err
	}
	a.trust = Attempt{Caller: &x.Caller, Conditions: a.conditions()}
	if externalID != "" {
		a.trust.Conditions["sts:ExternalId"] = []string{externalID}
	}
	denied := func(action string) error { return errUnauthorized(x.Caller, action, a.arn) }
	if err := x.authorize(&a, ActionAssumeRole, denied); err != nil {
		return nil, err
	}
	return x.issue(&a)
}

// checkCaller holds the rules for who assumes a role and by what, and hands on what a
// session passes to the next.
func (x *exchange) checkCaller(a *assumption) error {
	if x.form.has("SerialNumber") || x.form.has("TokenCode") {
		// There are no devices here, so that no code is right.
		return accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	if len(x.form.members("ProvidedContexts", 1)) > 0 {
		return errParameter("ProvidedContexts are for IAM Identity Center, which there is not here.")
	}
	if strings.HasSuffix(x.Caller.ARN, ":root") {
		return accessDenied("Roles may not be assumed by root accounts.")
	}
	session := x.Caller.Session
	if session == nil {
		return nil
	}
	if a.seconds > int(maxChained/time.Second) {
		return errValidation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	switch {
	case a.source == "":
		a.source = session.SourceIdentity
	case session.SourceIdentity != "" && a.source != session.SourceIdentity:
		return errUnauthorized(x.Caller, ActionSetSourceIdentity, a.arn)
	}
	return a.tags.inherit(x.Caller)
}

// conditions are what the parameters say to the trust policy.
func (a *assumption) conditions() map[string][]string {
	conditions := map[string][]string{"sts:RoleSessionName": {a.name}}
	if a.source != "" {
		conditions["sts:SourceIdentity"] = []string{a.source}
	}
	a.tags.describe(conditions)
	return conditions
}

// authorize finds the role and asks it whether it trusts the caller with all that
// the attempt brings.
func (x *exchange) authorize(a *assumption, action string, denied func(action string) error) error {
	x.RoleARN = a.arn
	var ok bool
	if a.parsed, ok = parseRoleARN(a.arn); !ok {
		return errValidation(a.arn + " is invalid")
	}
	if a.policy != "" {
		if err := x.checkPolicy(a.policy); err != nil {
			return err
		}
	}
	var err error
	a.role, err = x.Roles.LookupRole(x.ctx, a.arn)
	switch {
	case errors.Is(err, ErrUnknownRole):
		return denied(action)
	case err != nil:
		return fmt.Errorf("look up role: %w", err)
	}
	actions := []string{action}
	if len(a.tags.values) > 0 {
		actions = append(actions, ActionTagSession)
	}
	if a.source != "" {
		actions = append(actions, ActionSetSourceIdentity)
	}
	a.trust.RoleARN, a.trust.Request = a.arn, x.Request
	for _, a.trust.Action = range actions {
		trusts, err := a.role.Trusts(x.ctx, a.trust)
		switch {
		case err != nil:
			return fmt.Errorf("ask the role whom it trusts: %w", err)
		case !trusts:
			return denied(a.trust.Action)
		}
	}
	return a.checkPolicies()
}

// duration is how long the session may be, and is unless less was asked for.
func (a *assumption) duration() (time.Duration, error) {
	most := max(a.role.MaxSession, defaultSession)
	asked := time.Duration(a.seconds) * time.Second
	switch {
	case asked > most:
		return 0, errValidation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case asked > 0:
		return asked, nil
	}
	return defaultSession, nil
}

// issue makes the session and its credentials.
func (x *exchange) issue(a *assumption) (assumedRole, error) {
	duration, err := a.duration()
	if err != nil {
		return assumedRole{}, err
	}
	percent, err := a.packed()
	if err != nil {
		return assumedRole{}, err
	}
	now := x.Now().UTC().Truncate(time.Second)
	tags := make(map[string]string, len(a.role.Tags)+len(a.tags.values))
	maps.Copy(tags, a.role.Tags)
	a.tags.overlay(tags)
	grant := Grant{RoleID: a.role.ID, Tags: tags, Session: identity.Session{
		RoleARN:        a.arn,
		Name:           a.name,
		PolicyARNs:     a.policies,
		TransitiveTags: a.tags.transitive,
		SourceIdentity: a.source,
		Provider:       a.trust.Provider,
		Issued:         now,
		Expires:        now.Add(duration),
	}}
	if a.policy != "" {
		grant.Session.Policies = []string{a.policy}
	}
	made, err := x.Tokens.Issue(grant)
	if err != nil {
		return assumedRole{}, err
	}
	principal := grant.principal(a.parsed)
	x.AssumedRoleARN = principal.ARN
	return assumedRole{
		AssumedRoleUser:  assumedUser{ARN: principal.ARN, AssumedRoleID: principal.UserID},
		Credentials:      credentialShape{made.AccessKeyID, made.Secret, made.SessionToken, timestamp(grant.Session.Expires)},
		PackedPolicySize: percent,
		SourceIdentity:   a.source,
	}, nil
}

// sorted are the keys of a map in their order.
func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
