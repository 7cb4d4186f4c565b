package openai

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// gaveUp says whether the server dropped the request: vLLM and SGLang may, and
// DeepSeek when it is full.
func (c *choice) gaveUp() bool {
	switch c.FinishReason {
	case "abort", "error", "insufficient_system_resource":
		return true
	}
	return false
}

// reason is why the answer ended, and additionalModelResponseFields.
func (a *answer) reason(c *chunk, choice *choice) (bedrock.StopReason, json.RawMessage) {
	switch {
	case choice.FinishReason == "length" && c.Verbose.Truncated:
		return bedrock.StopReasonModelContextWindowExceeded, nil
	case choice.FinishReason == "length":
		return bedrock.StopReasonMaxTokens, nil
	case choice.FinishReason == "content_filter":
		return bedrock.StopReasonContentFiltered, nil
	case a.calls.began:
		// By "tool_calls", or by "stop" where the request chose the tool.
		return a.calls.reason(), nil
	}
	// "stop"; other servers have other words for it, as eos.
	if sequence := a.stopSequence(c, choice); sequence != "" {
		return bedrock.StopReasonStopSequence, provider.StopSequenceFields(sequence)
	}
	if a.format.broken() {
		return bedrock.StopReasonMalformedModelOutput, nil
	}
	return bedrock.StopReasonEndTurn, nil
}

// stopSequence is the stop sequence that ended the answer, or empty.
func (a *answer) stopSequence(c *chunk, choice *choice) string {
	switch {
	case len(a.stops) == 0:
		return ""
	case c.Verbose.StopType != "":
		return c.Verbose.stopSequence(a.stops)
	}
	for _, value := range []jsontext.Value{choice.StopReason, choice.MatchedStop} {
		if value.Kind() == '"' {
			sequence, _ := jsontext.AppendUnquote(nil, value) // invalid UTF-8 is replaced
			return string(sequence)
		}
	}
	return ""
}

// failed is the error of an error object within a response of status 200. Before
// the answer has begun it is the error that the server means by it.
func (a *answer) failed(f failure) error {
	if a.out.Started() {
		return a.client.streamError(f)
	}
	if f.status == 0 {
		f.status = 500
	}
	return a.client.failureError(f, 0)
}

// broken is the error of an answer that cannot be understood or lacks its end.
func (a *answer) broken(err error) error {
	if a.out.Started() {
		return a.client.streamError(err)
	}
	return a.client.invalid(err)
}

// cut is the error of a stream that broke off.
func (a *answer) cut(response *Response, err error) error {
	return response.CutOff(err)
}
