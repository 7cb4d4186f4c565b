package server

import (
	"cmp"
	"strconv"
	"time"

	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

// conditions are the keys that every service has.
func (s *Server) conditions(x *exchange) *policy.Context {
	about := new(policy.Context)
	p := &x.principal
	about.Set(policy.KeyPrincipalAccount, p.Account)
	about.Set(policy.KeyUserID, p.UserID)
	switch {
	case p.Session != nil:
		about.Set(policy.KeyPrincipalARN, p.Session.RoleARN)
		about.Set(policy.KeyPrincipalType, "AssumedRole")
	default:
		about.Set(policy.KeyPrincipalARN, p.ARN)
		about.Set(policy.KeyPrincipalType, "User")
		about.Set(policy.KeyUserName, p.UserName)
	}
	for key, value := range p.Tags {
		about.Set(policy.KeyPrincipalTag+key, value)
	}
	if p.BearerTokenType != "" {
		about.Set(policy.KeyBearerTokenType, string(p.BearerTokenType))
	}
	about.Set(policy.KeyRequestedRegion, x.region())
	about.Set(policy.KeyCurrentTime, x.start.UTC().Format(time.RFC3339))
	about.Set(policy.KeyEpochTime, strconv.FormatInt(x.start.Unix(), 10))
	about.Set(policy.KeySecureTransport, strconv.FormatBool(x.r.TLS != nil))
	if agent := x.r.UserAgent(); agent != "" {
		about.Set(policy.KeyUserAgent, agent)
	}
	if source := identity.SourceIP(x.r, s.Proxies); source.IsValid() {
		about.Set(policy.KeySourceIP, source.String())
	}
	return about
}

// region is the one that the request was signed for, or the first that AWS had.
func (x *exchange) region() string { return cmp.Or(x.principal.Region, "us-east-1") }

// arn is that of a resource of the caller's account and region.
func (x *exchange) arn(kind, id string) string {
	return policy.ResourceARN("aws", x.region(), x.principal.Account, kind, id)
}
