package sigv4

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The names that only a presigned request has, in its query.
const (
	algorithmName     = "X-Amz-Algorithm"
	credentialName    = "X-Amz-Credential"
	dateName          = "X-Amz-Date"
	expiresName       = "X-Amz-Expires"
	signedHeadersName = "X-Amz-SignedHeaders"
	signatureName     = "X-Amz-Signature"
)

// maxExpires is the longest time for which a request may be presigned: a week.
const maxExpires = 7 * 24 * time.Hour

// presignedQuery is what a query says of its own signature.
type presignedQuery struct {
	parameters
	date, expires, token, payload string
	// problem is set where one of them is there twice.
	problem string
}

// parsePresigned reads a signature from the query of r.
func parsePresigned(r *http.Request) (Signature, error) {
	_, query := splitTarget(r.RequestURI)
	if !strings.Contains(query, "X-Amz-") {
		return Signature{}, errMissing()
	}
	if len(r.RequestURI) > maxTarget || strings.Count(query, "&") >= maxQueryParameters {
		return Signature{}, errIncomplete("Request target is too long.")
	}
	p := readPresigned(query)
	if p.algorithm == "" && p.signature == "" {
		return Signature{}, errMissing()
	}
	if problem := p.missing() + p.problem; problem != "" {
		return Signature{}, errQuery(problem)
	}
	sig, err := p.parse(p.date)
	if err != nil {
		return Signature{}, err
	}
	if sig.Expires, err = parseExpires(p.expires); err != nil {
		return Signature{}, err
	}
	sig.SessionToken = p.token
	sig.payload = p.payload
	if sig.payload == "" {
		sig.payload = r.Header.Get(payloadName)
	}
	sig.presigned = true
	return sig, nil
}

// readPresigned picks the parameters of the signature. One that is there twice
// could mean one thing here and another to whoever signed.
func readPresigned(query string) presignedQuery {
	var p presignedQuery
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name = unescape(name)
		part := p.part(name)
		if part == nil {
			continue
		}
		if *part != "" {
			p.problem = "AWS query-string parameters must include '" + name + "' once. "
		}
		*part = unescape(value)
	}
	return p
}

// part is where the value of a parameter belongs; nil for those that say nothing
// of the signature.
func (p *presignedQuery) part(name string) *string {
	switch name {
	case algorithmName:
		return &p.algorithm
	case credentialName:
		return &p.credential
	case signedHeadersName:
		return &p.signedHeaders
	case signatureName:
		return &p.signature
	case dateName:
		return &p.date
	case expiresName:
		return &p.expires
	case tokenName:
		return &p.token
	case payloadName:
		return &p.payload
	}
	return nil
}

// missing names everything that the query lacks, in AWS's words.
func (p *presignedQuery) missing() string {
	var problem strings.Builder
	for _, required := range [...]struct{ value, name string }{
		{p.algorithm, algorithmName},
		{p.credential, credentialName},
		{p.signature, signatureName},
		{p.signedHeaders, signedHeadersName},
		{p.date, dateName},
	} {
		if required.value == "" {
			problem.WriteString("AWS query-string parameters must include '" + required.name + "'. ")
		}
	}
	return problem.String()
}

// parseExpires reads a number of seconds. Services other than Amazon S3 do not
// ask for one.
func parseExpires(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(s, 10, 32)
	if err != nil || s[0] == '+' {
		return 0, errIncomplete("X-Amz-Expires should be a number")
	}
	expires := time.Duration(seconds) * time.Second
	if expires == 0 || expires > maxExpires {
		return 0, errIncomplete("X-Amz-Expires must be between 1 and 604800 seconds, got '" + s + "'")
	}
	return expires, nil
}

// unescape is what a part of a query means. What is not validly escaped counts
// as literal, here as in what is signed.
func unescape(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}
