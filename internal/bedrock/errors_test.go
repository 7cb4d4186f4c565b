package bedrock_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// TestExceptions has the statuses of the API reference, "Errors" of Converse and
// InvokeModel.
func TestExceptions(t *testing.T) {
	statuses := map[string]int{
		"AccessDeniedException": 403, "ConflictException": 400, "InternalServerException": 500,
		"ModelErrorException": 424, "ModelNotReadyException": 429, "ModelStreamErrorException": 424,
		"ModelTimeoutException": 408, "ResourceNotFoundException": 404, "ServiceQuotaExceededException": 400,
		"ServiceUnavailableException": 503, "ThrottlingException": 429, "ValidationException": 400,
	}
	for _, exception := range exceptions {
		code := exception.ErrorCode()
		if exception.HTTPStatusCode() != statuses[code] {
			t.Errorf("%s has status %d, want %d", code, exception.HTTPStatusCode(), statuses[code])
		}
		if !strings.HasPrefix(exception.Error(), code+": ") {
			t.Errorf("%s is told as %q", code, exception.Error())
		}
		delete(statuses, code)
	}
	for code := range statuses {
		t.Errorf("%s is missing", code)
	}
}

// TestStreamExceptions has the names that exceptions have inside a stream.
func TestStreamExceptions(t *testing.T) {
	for code, want := range map[string]string{
		"ModelStreamErrorException": "modelStreamErrorException", "ThrottlingException": "throttlingException",
		"ValidationException": "validationException", "InternalServerException": "internalServerException",
		"ServiceUnavailableException": "serviceUnavailableException", "ModelTimeoutException": "", "AccessDeniedException": "",
	} {
		if got := new(bedrock.ConverseStreamOutput).ExceptionType(code); got != want {
			t.Errorf("%s is %q in a stream of Converse, want %q", code, got, want)
		}
	}
	if got := new(bedrock.ResponseStream).ExceptionType("ModelTimeoutException"); got != "modelTimeoutException" {
		t.Errorf("a timeout is %q in a stream of InvokeModel", got)
	}
}

// TestWithCause finds both halves of an error.
func TestWithCause(t *testing.T) {
	err := bedrock.WithCause(&bedrock.ThrottlingException{Message: "Slow down."}, io.ErrUnexpectedEOF)
	public, ok := errors.AsType[bedrock.Exception](err)
	if !ok || public.ErrorMessage() != "Slow down." || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if err.Error() != "ThrottlingException: Slow down.: unexpected EOF" {
		t.Errorf("the log sees %q", err)
	}
}

// The private half of an error is told apart from the public one.
func TestCauseOf(t *testing.T) {
	cause := errors.New("cause")
	public := &bedrock.ValidationException{Message: "quoted"}
	for _, err := range []error{cause, bedrock.WithCause(public, cause), fmt.Errorf("more: %w", bedrock.WithCause(public, cause))} {
		if got := bedrock.CauseOf(err); got != cause {
			t.Errorf("the cause of %v is %v", err, got)
		}
	}
}
