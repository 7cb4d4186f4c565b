package sigv4

import (
	"net/http"
	"slices"
	"strings"
)

const (
	// maxTarget and maxSignedValues bound, in bytes, what is made canonical before
	// anybody has proved anything. A session token is the longest part of either;
	// those of this house have some two kilobytes.
	maxTarget       = 32 << 10
	maxSignedValues = 64 << 10
	// maxQueryParameters bounds what is sorted.
	maxQueryParameters = 256
	// maxRegion is twice the longest name of a region, and a bit.
	maxRegion = 64
)

// checkSignedHeaders sees to it that a signature is bound to a host, and to the
// session whose token comes with it. The time is bound by the string to sign,
// whether its header is signed or not, and a query is signed as a whole.
func checkSignedHeaders(sig Signature) error {
	host, token := false, sig.presigned || sig.SessionToken == ""
	for name := range strings.SplitSeq(sig.SignedHeaders, ";") {
		host = host || isHost(name)
		token = token || name == "x-amz-security-token"
	}
	switch {
	case !host:
		return errHostNotSigned()
	case !token:
		return errTokenNotSigned()
	}
	return nil
}

// checkTarget refuses what would cost too much to make canonical.
func checkTarget(r *http.Request) error {
	if len(r.RequestURI) > maxTarget || strings.Count(r.RequestURI, "&") >= maxQueryParameters {
		return errIncomplete("Request target is too long.")
	}
	return nil
}

// checkValues is checkTarget for the values of the signed headers. A client can name
// one several times.
func checkValues(r *http.Request, host, signedHeaders string) error {
	size := 0
	for name := range strings.SplitSeq(signedHeaders, ";") {
		if isHost(name) {
			size += len(host) + 1
			continue
		}
		for _, value := range headerValues(r.Header, name) {
			size += len(value) + 1
		}
	}
	if size > maxSignedValues {
		return errIncomplete("Signed headers are too long.")
	}
	return nil
}

// isHost passes what signs the host. The JavaScript SDK signs the pseudo-header of
// HTTP/2 instead of the header.
func isHost(name string) bool { return name == "host" || name == ":authority" }

// isRegion passes what can stand for a region in ARNs, on which policies decide: some
// letters, digits, hyphens and underscores.
func isRegion(s string) bool {
	return s != "" && len(s) <= maxRegion && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	}) < 0
}

// takesRegion passes those of the list, or where there is none any that are not
// elsewhere.
func (v *Verifier) takesRegion(region string) bool {
	if len(v.Regions) > 0 {
		return slices.Contains(v.Regions, region)
	}
	elsewhere := slices.ContainsFunc(v.Elsewhere, func(start string) bool { return strings.HasPrefix(region, start) })
	return isRegion(region) && !elsewhere
}

// checkScope compares the credential scope with the service and with the day of
// the request. Several faults make one text, as on AWS.
func (v *Verifier) checkScope(sig Signature) error {
	var problem strings.Builder
	if !v.takesRegion(sig.Region) {
		problem.WriteString("Credential should be scoped to a valid region, not '" + sig.Region + "'. ")
	}
	if sig.Service != v.Service {
		problem.WriteString("Credential should be scoped to correct service: '" + v.Service + "'. ")
	}
	if sig.terminator != terminator {
		problem.WriteString("Credential should be scoped with a valid terminator: '" + terminator +
			"', not '" + sig.terminator + "'. ")
	}
	var day [len(dateLayout)]byte
	if sig.Date != string(sig.Time.AppendFormat(day[:0], dateLayout)) {
		problem.WriteString("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
			sig.Date + "' != '" + sig.Time.Format(dateLayout) + "', from '" + sig.Time.Format(timeLayout) + "'.")
	}
	if problem.Len() > 0 {
		return errInvalid(problem.String())
	}
	return nil
}
