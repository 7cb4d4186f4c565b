package sdkgo

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// failures are what script.yaml answers with an error, and the check of it.
func failures() map[string]func(*testing.T, error) {
	return map[string]func(*testing.T, error){
		"throttle":    wants[*types.ThrottlingException](429, "Slow down."),
		"unready":     wants[*types.ModelNotReadyException](429, "Model is not ready for inference. Wait and try your request again."),
		"timeout":     wants[*types.ModelTimeoutException](408, "Model has timed out in processing the request. Try your request again."),
		"unavailable": wants[*types.ServiceUnavailableException](503, "Bedrock is unable to process your request."),
		"quota":       wants[*types.ServiceQuotaExceededException](400, ""),
		"missing":     wants[*types.ResourceNotFoundException](404, ""),
		"forbidden":   wants[*types.AccessDeniedException](403, "You don't have access to the model with the specified model ID."),
		"internal":    wants[*types.InternalServerException](500, "The system encountered an unexpected error during processing. Try your request again."),
		"invalid":     wants[*types.ValidationException](400, "Not like this."),
		"broken": func(t *testing.T, err error) {
			broken := checkError[*types.ModelErrorException](t, err, 424, "The model is gone.")
			equal(t, "originalStatusCode", aws.ToInt32(broken.OriginalStatusCode), 500)
			equal(t, "resourceName", aws.ToString(broken.ResourceName), "model-7")
		},
	}
}

func wants[E smithy.APIError](status int, message string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		checkError[E](t, err, status, message)
	}
}

// checkError holds an error of a call to a type of the SDK, a status and a
// message; "" is any message.
func checkError[E smithy.APIError](t *testing.T, err error, status int, message string) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("the error is %v, not %T", err, e)
	}
	if message != "" {
		equal(t, "message", e.ErrorMessage(), message)
	}
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok {
		t.Fatalf("%v came without a response", err)
	}
	equal(t, "status", response.HTTPStatusCode(), status)
	return e
}

func testErrors(t *testing.T, target Target) {
	f := families(t, target)[0]
	for text, check := range failures() {
		t.Run(text, func(t *testing.T) {
			_, err := target.runtime().Converse(t.Context(), ask(haiku, text))
			check(t, err)
			_, err = target.runtime().InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: &f.Model, Body: f.ask(text)})
			check(t, err)
		})
	}
}

func testErrorsBeforeStream(t *testing.T, target Target) {
	f := families(t, target)[0]
	for text, check := range failures() {
		t.Run(text, func(t *testing.T) {
			_, err := target.runtime().ConverseStream(t.Context(), askStream(haiku, text))
			check(t, err)
			_, err = target.runtime().InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &f.Model, Body: f.ask(text)})
			check(t, err)
		})
	}
}

// breaks are what script.yaml breaks off, and the check of the error.
func breaks() map[string]func(*testing.T, error) {
	return map[string]func(*testing.T, error){
		"break throttle":    breaksWith[*types.ThrottlingException]("Slow down."),
		"break internal":    breaksWith[*types.InternalServerException]("The system encountered an unexpected error during processing. Try your request again."),
		"break invalid":     breaksWith[*types.ValidationException]("Not like this."),
		"break unavailable": breaksWith[*types.ServiceUnavailableException]("Gone."),
		"break model": func(t *testing.T, err error) {
			broken, ok := errors.AsType[*types.ModelStreamErrorException](err)
			if !ok {
				t.Fatalf("the error is %v, not ModelStreamErrorException", err)
			}
			equal(t, "message", broken.ErrorMessage(), "The model is gone.")
			equal(t, "originalMessage", aws.ToString(broken.OriginalMessage), "killed")
			equal(t, "originalStatusCode", aws.ToInt32(broken.OriginalStatusCode), 500)
		},
	}
}

func breaksWith[E smithy.APIError](message string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		e, ok := errors.AsType[E](err)
		if !ok {
			t.Fatalf("the error is %v, not %T", err, e)
		}
		equal(t, "message", e.ErrorMessage(), message)
	}
}

func testErrorsInStream(t *testing.T, target Target) {
	for text, check := range breaks() {
		t.Run(text, func(t *testing.T) {
			all, err := listen(t.Context(), target, askStream(haiku, text))
			equal(t, "order", all.order, []string{"messageStart assistant", "contentBlockDelta"})
			equal(t, "text", all.text, "one two")
			check(t, err)
		})
	}
}

func testErrorsInInvokeStream(t *testing.T, target Target) {
	f := families(t, target)[0]
	for prompt, check := range breaks() {
		t.Run(prompt, func(t *testing.T) {
			out, err := target.runtime().InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &f.Model, Body: f.ask(prompt)})
			if err != nil {
				t.Fatal(err)
			}
			stream := out.GetStream()
			defer stream.Close()
			var text string
			for event := range stream.Events() {
				text += at(t, event.(*types.ResponseStreamMemberChunk).Value.Bytes, f.Delta)
			}
			equal(t, "text", text, "one two")
			check(t, stream.Err())
		})
	}
}

// testRefusals asks what the service refuses, in its words.
func testRefusals(t *testing.T, target Target) {
	for name, test := range map[string]struct {
		in      *bedrockruntime.ConverseInput
		message string
	}{
		"unknown model": {ask("acme.no-such-model-v1:0", "greet"), "The provided model identifier is invalid."},
		"constraint": {with(ask(haiku, "greet"), func(in *bedrockruntime.ConverseInput) {
			in.InferenceConfig = &types.InferenceConfiguration{Temperature: aws.Float32(1.5)}
		}), "1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"},
		"two constraints": {with(ask(haiku, "greet"), func(in *bedrockruntime.ConverseInput) {
			in.InferenceConfig = &types.InferenceConfiguration{MaxTokens: aws.Int32(0), Temperature: aws.Float32(1.5)}
		}), "2 validation errors detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
			"Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"},
		"blank text": {ask(haiku, " \n"), "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."},
		"bad pointer": {with(ask(haiku, "greet"), func(in *bedrockruntime.ConverseInput) {
			in.AdditionalModelResponseFieldPaths = []string{"stop_sequence"}
		}), ""},
		"unknown additional field": {with(ask(nova, "greet"), func(in *bedrockruntime.ConverseInput) {
			in.AdditionalModelRequestFields = document.NewLazyDocument(map[string]any{"oops": 1})
		}), "The model returned the following errors: Malformed input request: #: extraneous key [oops] is not permitted, please reformat your input and try again."},
		"no tools": {with(ask("amazon.titan-text-express-v1", "weather"), func(in *bedrockruntime.ConverseInput) {
			in.ToolConfig = weather()
		}), "This model doesn't support tool use."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := target.runtime().Converse(t.Context(), test.in)
			checkError[*types.ValidationException](t, err, 400, test.message)
		})
	}
}

func with(in *bedrockruntime.ConverseInput, change func(*bedrockruntime.ConverseInput)) *bedrockruntime.ConverseInput {
	change(in)
	return in
}

// testRetries proves that the SDK knows which errors to try again.
func testRetries(t *testing.T, target Target) {
	twice := func(o *bedrockruntime.Options) {
		o.RetryMaxAttempts = 2
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	for text, again := range map[string]bool{
		"throttle": true, "unavailable": true, "internal": true, "invalid": false, "forbidden": false,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := target.runtime(twice).Converse(t.Context(), ask(haiku, text))
			exhausted, ok := errors.AsType[*retry.MaxAttemptsError](err)
			equal(t, "tried again", ok && exhausted.Attempt == 2, again)
		})
	}
}
