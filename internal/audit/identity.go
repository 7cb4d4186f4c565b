package audit

import (
	"net/http"
	"net/netip"
	"path"
	"strings"

	"github.com/saprolite/saprolite/internal/identity"
)

// identityOf says who made a request.
func identityOf(p *identity.Principal, r *http.Request) UserIdentity {
	who := UserIdentity{
		Type: "Unknown", PrincipalID: p.UserID, ARN: p.ARN, AccountID: p.Account, UserName: p.UserName, AccessKeyID: accessKeyID(r),
	}
	switch {
	case p.ARN == "":
	case p.Session != nil:
		who.Type = "AssumedRole"
		who.SessionContext = &SessionContext{
			SessionIssuer:  SessionIssuer{Type: "Role", ARN: p.Session.RoleARN, AccountID: p.Account, UserName: path.Base(p.Session.RoleARN)},
			Attributes:     SessionAttributes{CreationDate: eventTime(p.Session.Issued)},
			SourceIdentity: p.Session.SourceIdentity,
		}
		if p.Session.Provider != "" {
			who.SessionContext.Federation = &Federation{p.Session.Provider}
		}
	case strings.HasSuffix(p.ARN, ":root"):
		who.Type = "Root"
	default:
		who.Type = "IAMUser"
	}
	return who
}

// accessKeyID is the one that a request names, in the header or in the query. What
// does not look like one may be anything, a secret too.
func accessKeyID(r *http.Request) string {
	_, text, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		_, text, ok = strings.Cut(r.URL.RawQuery, "X-Amz-Credential=")
	}
	end := strings.IndexAny(text, "/%, ")
	if !ok || end < 16 || end > 128 || strings.Trim(text[:end], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return ""
	}
	return text[:end]
}

// sourceOf is where a request comes from; a unix socket has no address.
func sourceOf(r *http.Request, proxies []netip.Prefix) string {
	if address := identity.SourceIP(r, proxies); address.IsValid() {
		return address.String()
	}
	return "unix"
}
