package sts

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/identity"
)

// Error is a refusal in the words of STS.
type Error struct {
	// Code is as STS writes it: AccessDenied, ValidationError.
	Code    string
	Message string
	// Status is that of HTTP.
	Status int

	cause error
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap returns what the caller is not told, if anything.
func (e *Error) Unwrap() error { return e.cause }

func errValidation(message string) error {
	return &Error{Code: "ValidationError", Message: message, Status: http.StatusBadRequest}
}

func errParameter(message string) error {
	return &Error{Code: "InvalidParameterValue", Message: message, Status: http.StatusBadRequest}
}

func errMalformedInput(message string) error {
	return &Error{Code: "MalformedInput", Message: message, Status: http.StatusBadRequest}
}

func errInvalidAction(action, version string) error {
	return &Error{Code: "InvalidAction", Status: http.StatusBadRequest,
		Message: "Could not find operation " + action + " for version " + orNone(version)}
}

func orNone(s string) string {
	if s == "" {
		return "NO_VERSION_SPECIFIED"
	}
	return s
}

func accessDenied(message string) error {
	return &Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden}
}

// errUnauthorized says the same of a role that there is not and of one that does not
// trust the caller.
func errUnauthorized(caller identity.Principal, action, resource string) error {
	return accessDenied("User: " + caller.ARN + " is not authorized to perform: " + action + " on resource: " + resource)
}

func errWebUnauthorized(action string) error {
	return accessDenied("Not authorized to perform " + action)
}

// errInvalidToken refuses the token of an identity provider. The cause is for the
// log.
func errInvalidToken(message string, cause error) error {
	return &Error{Code: "InvalidIdentityToken", Message: message, Status: http.StatusBadRequest, cause: cause}
}

func errVerificationKey(cause error) error {
	return errInvalidToken("Couldn't retrieve verification key from your identity provider,  "+
		"please reference AssumeRoleWithWebIdentity documentation for requirements", cause)
}

func errProviderUnreachable(cause error) error {
	return &Error{Code: "IDPCommunicationError", Status: http.StatusBadRequest, cause: cause,
		Message: "The request could not be fulfilled because the identity provider (IDP) that was asked " +
			"to verify the incoming identity token could not be reached."}
}

func errRejectedClaim(message string) error {
	return &Error{Code: "IDPRejectedClaim", Message: message, Status: http.StatusForbidden}
}

func errTokenExpired(now, expiry time.Time) error {
	return &Error{Code: "ExpiredTokenException", Status: http.StatusBadRequest,
		Message: "Token expired: current date/time " + strconv.FormatInt(now.Unix(), 10) +
			" must be before the expiration date/time " + strconv.FormatInt(expiry.Unix(), 10)}
}

func errMalformedPolicy(message string) error {
	return &Error{Code: "MalformedPolicyDocument", Message: message, Status: http.StatusBadRequest}
}

func errPacked(message string) error {
	return &Error{Code: "PackedPolicyTooLarge", Message: message, Status: http.StatusBadRequest}
}

// queryCodes are the names that services of the query protocol have for the errors
// of authentication, and their texts and status where they differ.
var queryCodes = map[string]Error{
	"MissingAuthenticationTokenException": {Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token"},
	"IncompleteSignatureException":        {Code: "IncompleteSignature", Status: http.StatusBadRequest},
	"UnrecognizedClientException":         {Code: "InvalidClientTokenId"},
	"ExpiredTokenException":               {Code: "ExpiredToken"},
	"InvalidSignatureException":           {Code: "SignatureDoesNotMatch"},
	"AccessDeniedException":               {Code: "AccessDenied"},
}

// refusal is an error of package identity in the words of STS.
func refusal(err error) error {
	exception, ok := errors.AsType[bedrock.Exception](err)
	if !ok {
		return err
	}
	e, ok := queryCodes[exception.ErrorCode()]
	if !ok {
		return err
	}
	if e.Message == "" {
		e.Message = exception.ErrorMessage()
	}
	if e.Status == 0 {
		e.Status = http.StatusForbidden
	}
	return &e
}
