package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// The codes of an [Error].
const (
	CodeMissingAuthenticationToken = "MissingAuthenticationTokenException"
	CodeIncompleteSignature        = "IncompleteSignatureException"
	CodeInvalidSignature           = "InvalidSignatureException"
)

// Error is the refusal of a request, with the name and the text that AWS gives
// it. Its HTTP status is always 403. The texts are for the caller, whose own
// words they repeat, a session token among them: they do not belong in a log.
type Error struct {
	// Code is the name of the error, as InvalidSignatureException.
	Code string
	// Message is the text for the caller; it may have several lines.
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func errMissing() error {
	return &Error{CodeMissingAuthenticationToken, "Missing Authentication Token"}
}

func errIncomplete(text string) error { return &Error{CodeIncompleteSignature, text} }

func errInvalid(text string) error { return &Error{CodeInvalidSignature, text} }

func errKeyValue(header string) error {
	return errIncomplete("Invalid key=value pair (missing equal-sign) in Authorization header " +
		"(hashed with SHA-256 and encoded with Base64): '" + hashed(header) + "'.")
}

func errParameters(problem, header string) error {
	return errIncomplete(problem + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + hashed(header))
}

// hashed lets a client recognise its header in an answer that others may read.
func hashed(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// errQuery refuses a presigned request whose query has the problem.
func errQuery(problem string) error {
	return errIncomplete(problem + "Re-examine the query-string parameters.")
}

func errDateFormat(date string) error {
	return errIncomplete("Date must be in ISO-8601 'basic format'. Got '" + date +
		"'. See http://en.wikipedia.org/wiki/ISO_8601")
}

func errAlgorithm(name string) error {
	return errIncomplete("Unsupported AWS 'algorithm': '" + name + "' (only " + algorithm + " for now). ")
}

func errCredential(credential string) error {
	return errIncomplete("Credential must have exactly 5 slash-delimited elements, " +
		"e.g. keyid/date/region/service/term, got '" + credential + "'")
}

func errHostNotSigned() error {
	return errInvalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
}

func errTokenNotSigned() error {
	return errInvalid("'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.")
}

// errExpired refuses a signature that was good for so long, and is no more.
func errExpired(signed, now time.Time, good time.Duration) error {
	return errInvalid("Signature expired: " + signed.Format(timeLayout) +
		" is now earlier than " + now.Add(-good).Format(timeLayout) +
		" (" + now.Format(timeLayout) + " - " + inWords(good) + ")")
}

func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return strconv.Itoa(int(d/time.Minute)) + " min."
	}
	return strconv.Itoa(int(d/time.Second)) + " sec."
}

func errNotYetCurrent(signed, now time.Time) error {
	return errInvalid("Signature not yet current: " + signed.Format(timeLayout) +
		" is still later than " + now.Add(maxSkew).Format(timeLayout) +
		" (" + now.Format(timeLayout) + " + 5 min.)")
}

func errMismatch(canonicalRequest, stringToSign []byte) error {
	return errInvalid("The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. " +
		"Consult the service documentation for details.\n\n" +
		"The Canonical String for this request should have been\n'" + string(canonicalRequest) + "'\n\n" +
		"The String-to-Sign should have been\n'" + string(stringToSign) + "'\n")
}
