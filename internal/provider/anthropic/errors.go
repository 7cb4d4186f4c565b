package anthropic

import (
	"encoding/json"
	"net/http"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/provider"
)

// statusOverloaded is the status of a model that has too much to do.
const statusOverloaded = 529

// statuses are those that the types of errors have; within a stream the type is
// all that is told.
var statuses = map[string]int{
	"invalid_request_error": http.StatusBadRequest,
	"authentication_error":  http.StatusUnauthorized,
	"billing_error":         http.StatusPaymentRequired,
	"permission_error":      http.StatusForbidden,
	"not_found_error":       http.StatusNotFound,
	"request_too_large":     http.StatusRequestEntityTooLarge,
	"rate_limit_error":      http.StatusTooManyRequests,
	"api_error":             http.StatusInternalServerError,
	"timeout_error":         http.StatusGatewayTimeout,
	"overloaded_error":      statusOverloaded,
}

// refused is the error of an error event. Before the answer has begun it is the
// error that the same type is outside a stream.
func (a *answer) refused(data []byte) error {
	var event struct {
		Error struct {
			Type string `json:"type"`
		} `json:"error"`
	}
	status := http.StatusInternalServerError
	if jsonv2.Unmarshal(data, &event) == nil {
		if known, ok := statuses[event.Error.Type]; ok {
			status = known
		}
	}
	if a.began {
		return a.client.StreamFailure(status, data)
	}
	return a.client.Failure(status, data)
}

// kindOf is the type of an event, or empty.
func kindOf(data []byte) string {
	var event struct {
		Type string `json:"type"`
	}
	if jsonv2.Unmarshal(data, &event) != nil {
		return ""
	}
	return event.Type
}

// stopSequence gives additionalModelResponseFields as a provider has them: the
// stop sequence that ended the answer, or nothing.
func stopSequence(fields json.RawMessage) json.RawMessage {
	var found struct {
		StopSequence *string `json:"stop_sequence"`
	}
	if jsonv2.Unmarshal(fields, &found) != nil || found.StopSequence == nil {
		return nil
	}
	return provider.StopSequenceFields(*found.StopSequence)
}
