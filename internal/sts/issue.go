package sts

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

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

// maxPacked bounds what a session carries with it, in bytes, so that its token fits
// into the headers that proxies take.
const maxPacked = 4096

// packed is how much of the room for session policies and tags is taken, in percent.
func (a *assumption) packed() (int, error) {
	policies, tags := len(a.policy), 0
	for _, arn := range a.policies {
		policies += len(arn)
	}
	for name, value := range a.tags.values {
		tags += len(name) + len(value)
	}
	percent := ((policies+tags)*100 + maxPacked - 1) / maxPacked
	switch {
	case percent <= 100:
		return percent, nil
	case policies == 0:
		return 0, errPacked("Packed size of session tags consumes " + strconv.Itoa(percent) + "% of allotted space.")
	}
	return 0, errPacked("Packed policy consumes " + strconv.Itoa(percent) + "% of allotted space, please use smaller policy.")
}

// sorted are the keys of a map in their order.
func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
