package openai

import (
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// reason is why the answer ended, and additionalModelResponseFields; empty for a
// choice that does not end it.
func (a *answer) reason(c *chunk, choice *choice) (bedrock.StopReason, json.RawMessage, error) {
	switch choice.FinishReason {
	case "":
		return "", nil, nil
	case "length":
		if c.Verbose.Truncated {
			return bedrock.StopReasonModelContextWindowExceeded, nil, nil
		}
		return bedrock.StopReasonMaxTokens, nil, nil
	case "content_filter":
		return bedrock.StopReasonContentFiltered, nil, nil
	case "tool_calls", "function_call":
		return bedrock.StopReasonToolUse, nil, nil
	case "abort", "error", "insufficient_system_resource":
		// vLLM and SGLang when they drop a request, DeepSeek when it is full.
		return "", nil, fmt.Errorf("the server gave the answer up: finish_reason %q", choice.FinishReason)
	}
	// "stop"; other servers have other words for it, as eos.
	if sequence := a.stopSequence(c, choice); sequence != "" {
		return bedrock.StopReasonStopSequence, provider.StopSequenceFields(sequence), nil
	}
	return bedrock.StopReasonEndTurn, nil, nil
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

// cut is the error of a stream that broke off, unless the caller broke it off or
// the server fell silent.
func (a *answer) cut(response *Response, err error) error {
	if response.watch.ctx.Err() != nil {
		return response.Err(err)
	}
	return a.client.streamError(err)
}
