package sigv4

import (
	"slices"
	"strings"
)

// checkSignedHeaders sees to it that a signature is bound to a host. The time is
// bound by the string to sign, whether its header is signed or not.
func checkSignedHeaders(signed string) error {
	for name := range strings.SplitSeq(signed, ";") {
		// The JavaScript SDK signs the pseudo-header of HTTP/2 instead of host.
		if name == "host" || name == ":authority" {
			return nil
		}
	}
	return errHostNotSigned()
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
