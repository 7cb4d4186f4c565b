package sigv4

import (
	"net/http"
	"strings"
	"time"
)

const (
	// The SDKs send some 300 bytes and ten names; Anthropic's clients, which
	// sign the most headers, some 600 bytes and twenty names.
	maxAuthorization = 8 << 10
	maxSignedHeaders = 128
)

// Signature is what a request says of its own signature. Nothing in it is
// verified.
type Signature struct {
	Credential
	// SignedHeaders are the names of the signed headers as sent: lower case,
	// joined by semicolons.
	SignedHeaders string
	// Time is the time of the request, in UTC and whole seconds.
	Time time.Time
	// SessionToken is that of temporary credentials; empty without one.
	SessionToken string
	// Expires is how long the signature of a presigned request is good; zero for
	// one that does not say, and for those in a header.
	Expires time.Duration

	// value is the signature itself, 64 lower-case hex digits if it is right.
	value string
	// payload is what the client says of its body; empty if it says nothing.
	payload string
	// presigned is set for a signature in the query.
	presigned bool
}

// Credential is an access key with the scope for which a signature is good.
type Credential struct {
	// AccessKeyID names the key that signed.
	AccessKeyID string
	// Date (YYYYMMDD), Region and Service are the scope.
	Date, Region, Service string

	terminator string
}

// Parse reads the signature of r from its Authorization header and its date from
// X-Amz-Date, else from Date; without that header, from the query of a presigned
// request. A refusal is an [*Error] with the code
// MissingAuthenticationTokenException or IncompleteSignatureException.
func Parse(r *http.Request) (Signature, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return parsePresigned(r)
	}
	if len(header) > maxAuthorization {
		return Signature{}, errIncomplete("Authorization header is too long.")
	}
	date := r.Header.Get("X-Amz-Date")
	if date == "" {
		date = r.Header.Get("Date")
	}
	p, err := parseParameters(header)
	if err != nil {
		return Signature{}, err
	}
	if problem := p.missing(date); problem != "" {
		return Signature{}, errParameters(problem, header)
	}
	sig, err := p.parse(date)
	if err != nil {
		return Signature{}, err
	}
	sig.SessionToken = r.Header.Get(tokenName)
	sig.payload = r.Header.Get(payloadName)
	return sig, nil
}

// The names that the header and the query form have in common.
const (
	tokenName   = "X-Amz-Security-Token"
	payloadName = "X-Amz-Content-Sha256"
)

// parameters are the parts of an Authorization header, or their likes in a query.
type parameters struct {
	algorithm                            string
	credential, signedHeaders, signature string
}

// parseParameters cuts a header into its parts. Clients separate them by commas
// with or without spaces; AWS takes spaces alone too.
func parseParameters(header string) (parameters, error) {
	var p parameters
	var rest string
	p.algorithm, rest, _ = strings.Cut(strings.TrimSpace(header), " ")
	separator := func(c rune) bool { return c == ',' || c == ' ' }
	for pair := range strings.FieldsFuncSeq(rest, separator) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return parameters{}, errKeyValue(header)
		}
		switch name {
		case "Credential":
			p.credential = value
		case "SignedHeaders":
			p.signedHeaders = value
		case "Signature":
			p.signature = value
		}
	}
	return p, nil
}

// missing names everything that the header and date lack, in AWS's words.
func (p parameters) missing(date string) string {
	var problem strings.Builder
	for _, required := range [...]struct{ value, text string }{
		{p.credential, "Authorization header requires 'Credential' parameter. "},
		{p.signature, "Authorization header requires 'Signature' parameter. "},
		{p.signedHeaders, "Authorization header requires 'SignedHeaders' parameter. "},
		{date, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "},
	} {
		if required.value == "" {
			problem.WriteString(required.text)
		}
	}
	return problem.String()
}

// parse reads what is inside the parts, none of which is missing.
func (p parameters) parse(date string) (Signature, error) {
	signed, err := parseTime(date)
	if err != nil {
		return Signature{}, errDateFormat(date)
	}
	if p.algorithm != algorithm {
		return Signature{}, errAlgorithm(p.algorithm)
	}
	if strings.Count(p.signedHeaders, ";") >= maxSignedHeaders {
		return Signature{}, errIncomplete("Authorization has too many signed headers.")
	}
	credential, ok := parseCredential(p.credential)
	if !ok {
		return Signature{}, errCredential(p.credential)
	}
	return Signature{
		Credential:    credential,
		SignedHeaders: p.signedHeaders,
		Time:          signed,
		value:         p.signature,
	}, nil
}

// parseCredential reads keyid/date/region/service/term.
func parseCredential(s string) (Credential, bool) {
	parts := strings.Split(s, "/")
	if len(parts) != 5 {
		return Credential{}, false
	}
	return Credential{
		AccessKeyID: parts[0],
		Date:        parts[1],
		Region:      parts[2],
		Service:     parts[3],
		terminator:  parts[4],
	}, true
}

// parseTime reads the basic ISO 8601 form, and the HTTP form that a Date header
// may have.
func parseTime(s string) (time.Time, error) {
	// By its length alone, since time.Parse would let fractions of a second pass.
	if len(s) == len(timeLayout) {
		return time.Parse(timeLayout, s)
	}
	t, err := http.ParseTime(s)
	return t.UTC(), err
}
