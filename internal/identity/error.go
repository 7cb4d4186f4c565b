package identity

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/sigv4"
)

// APIKeyError refuses an API key, that is, a bearer token. The service writes the
// text of this one kind of error under "Message" with a capital M, and not under
// "message"; whoever renders it must too.
type APIKeyError struct{ public *bedrock.CommonError }

func (e *APIKeyError) Error() string { return e.public.Error() }

// Unwrap returns the error as it is apart from the spelling of its body.
func (e *APIKeyError) Unwrap() error { return e.public }

func errAPIKey() error {
	return apiKeyError("Authentication failed: Please make sure your API Key is valid.")
}

func errAPIKeyExpired() error { return apiKeyError("Bearer Token has expired") }

func apiKeyError(message string) error {
	return &APIKeyError{&bedrock.CommonError{
		Code: "AccessDeniedException", Message: message, Status: http.StatusForbidden,
	}}
}

// errExpiredToken refuses a session that has ended.
func errExpiredToken() error {
	return &bedrock.CommonError{
		Code:    "ExpiredTokenException",
		Message: "The security token included in the request is expired",
		Status:  http.StatusForbidden,
	}
}

// errUnrecognizedClient refuses an access key. The caller does not learn why.
func errUnrecognizedClient(cause error) error {
	return bedrock.WithCause(&bedrock.CommonError{
		Code:    "UnrecognizedClientException",
		Message: "The security token included in the request is invalid.",
		Status:  http.StatusForbidden,
	}, cause)
}

func errAccessDenied(cause error) error {
	return bedrock.WithCause(&bedrock.CommonError{
		Code:    "AccessDeniedException",
		Message: "Requests without authentication are accepted from the same machine only.",
		Status:  http.StatusForbidden,
	}, cause)
}

func errNotLoopback(r *http.Request) error {
	return fmt.Errorf("request from %s to %v comes from another machine", r.RemoteAddr, r.Context().Value(http.LocalAddrContextKey))
}

// refusal is an error of package sigv4 in the vocabulary of the API.
func refusal(err error) error {
	var e *sigv4.Error
	if !errors.As(err, &e) {
		return err
	}
	return &bedrock.CommonError{Code: e.Code, Message: e.Message, Status: http.StatusForbidden}
}
