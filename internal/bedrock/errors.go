package bedrock

import (
	"errors"
	"strings"
)

// Exception is an error in the words of the API: what a caller may see. The
// generated exceptions and CommonError implement it.
type Exception interface {
	error
	// ErrorCode is the name of the error, as ValidationException.
	ErrorCode() string
	// ErrorMessage is the text that the caller sees.
	ErrorMessage() string
	// HTTPStatusCode is the status of the error outside a stream.
	HTTPStatusCode() int
}

// NewException gives an empty exception by its code, which begins with a small letter
// in event streams, or nil for a code that the runtime does not have.
func NewException(code string) Exception {
	for _, e := range []Exception{
		new(ConflictException), new(InternalServerException), new(ModelErrorException), new(ModelNotReadyException),
		new(ModelStreamErrorException), new(ModelTimeoutException), new(ResourceNotFoundException), new(ServiceQuotaExceededException),
		new(ServiceUnavailableException), new(ThrottlingException), new(ValidationException),
	} {
		if strings.EqualFold(e.ErrorCode(), code) {
			return e
		}
	}
	return nil
}

// CommonError is an error of the layer in front of the service: signatures,
// routes, the form of a body. The service models do not list these errors.
type CommonError struct {
	// Code is the error's name, as InvalidSignatureException.
	Code string
	// Message is the text that the caller sees.
	Message string
	// Status is the HTTP status.
	Status int
}

func (e *CommonError) Error() string { return e.Code + ": " + e.Message }

// ErrorCode is the name of the error.
func (e *CommonError) ErrorCode() string { return e.Code }

// ErrorMessage is the text that the caller sees.
func (e *CommonError) ErrorMessage() string { return e.Message }

// HTTPStatusCode is the status of the error.
func (e *CommonError) HTTPStatusCode() int { return e.Status }

// WithCause puts the private reason of an error behind its public half: the
// caller sees the exception alone, the log both, and errors.As finds either.
func WithCause(public Exception, cause error) error {
	return &causedError{public, cause}
}

// CauseOf gives the private reason that [WithCause] has put behind an error, or the
// error itself where that has none.
func CauseOf(err error) error {
	if caused, ok := errors.AsType[*causedError](err); ok {
		return caused.cause
	}
	return err
}

type causedError struct {
	public Exception
	cause  error
}

func (e *causedError) Error() string { return e.public.Error() + ": " + e.cause.Error() }

func (e *causedError) Unwrap() []error { return []error{e.public, e.cause} }
