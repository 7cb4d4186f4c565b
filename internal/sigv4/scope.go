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
)

// checkSignedHeaders sees to it that a signature is bound to a host, and to the
// session whose token comes with it. The time is bound by the string to sign,
// whether its header is signed or not, and a query is signed as a whole.
func checkSignedHeaders(sig Signature) error {
	host, token := false, sig.presigned || sig.SessionToken == ""
	for name := range strings.SplitSeq(sig.SignedHeaders, ";") {
		switch name {
		// The JavaScript SDK signs the pseudo-header of HTTP/2 instead of host.
		case "host", ":authority":
			host = true
		case "x-amz-security-token":
			token = true
		}
	}
	switch {
	case !host:
		return errHostNotSigned()
	case !token:
		return errTokenNotSigned()
	}
	return nil
}

// checkSize refuses what would cost too much to make canonical.
func checkSize(r *http.Request, signedHeaders string) error {
	if len(r.RequestURI) > maxTarget || strings.Count(r.RequestURI, "&") >= maxQueryParameters {
		return errIncomplete("Request target is too long.")
	}
	size := 0
	for name := range strings.SplitSeq(signedHeaders, ";") {
		for _, value := range headerValues(r.Header, name) {
			size += len(value) + 1
		}
	}
	if size > maxSignedValues {
		return errIncomplete("Signed headers are too long.")
	}
	return nil
}

// checkScope compares the credential scope with the service and with the day of
// the request. Several faults make one text, as on AWS.
func (v *Verifier) checkScope(sig Signature) error {
	var problem strings.Builder
	if sig.Region == "" || len(v.Regions) > 0 && !slices.Contains(v.Regions, sig.Region) {
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
