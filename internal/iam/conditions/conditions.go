// Package conditions gives the values of the condition keys that every service has
// (AWS, "AWS global condition context keys"), for one request.
package conditions

import (
	"cmp"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

// DefaultRegion is the region of requests that are signed for none.
const DefaultRegion = "us-east-1"

// Of gives what the policy language knows of a request of a principal that came at a
// time. The zero principal is nobody.
func Of(p *identity.Principal, r *http.Request, proxies []netip.Prefix, at time.Time) *policy.Context {
	about := new(policy.Context)
	if p.ARN != "" {
		ofPrincipal(about, p)
	}
	about.Set(policy.KeyRequestedRegion, cmp.Or(p.Region, DefaultRegion))
	about.Set(policy.KeyCurrentTime, at.UTC().Format(time.RFC3339))
	about.Set(policy.KeyEpochTime, strconv.FormatInt(at.Unix(), 10))
	about.Set(policy.KeySecureTransport, strconv.FormatBool(identity.Secure(r, proxies)))
	if agent := r.UserAgent(); agent != "" {
		about.Set(policy.KeyUserAgent, agent)
	}
	if source := identity.SourceIP(r, proxies); source.IsValid() {
		about.Set(policy.KeySourceIP, source.String())
	}
	return about
}

func ofPrincipal(about *policy.Context, p *identity.Principal) {
	about.Set(policy.KeyPrincipalAccount, p.Account)
	about.Set(policy.KeyUserID, p.UserID)
	about.Set(policy.KeyPrincipalARN, p.PrincipalARN())
	if p.Session != nil {
		ofSession(about, p.Session)
	} else {
		about.Set(policy.KeyPrincipalType, "User")
		about.Set(policy.KeyUserName, p.UserName)
	}
	for key, value := range p.Tags {
		about.Set(policy.KeyPrincipalTag+key, value)
	}
	if p.BearerTokenType != "" {
		about.Set(policy.KeyBearerTokenType, string(p.BearerTokenType))
	}
}

// ofSession is what a session has in place of a user's name. One that no token was made
// for, as that of a client's certificate, has no time of issue.
func ofSession(about *policy.Context, s *identity.Session) {
	about.Set(policy.KeyPrincipalType, "AssumedRole")
	if !s.Issued.IsZero() {
		about.Set(policy.KeyTokenIssueTime, s.Issued.UTC().Format(time.RFC3339))
		about.Set(policy.KeyMultiFactorAuth, "false")
	}
	if s.Provider != "" {
		about.Set(policy.KeyFederatedProvider, s.Provider)
	}
	if s.SourceIdentity != "" {
		about.Set(policy.KeySourceIdentity, s.SourceIdentity)
	}
}
