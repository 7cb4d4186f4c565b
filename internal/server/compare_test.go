package server_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/recorded"
)

// madeUp are the members that no two answers share: times, paddings, and the
// names that answers are given.
var madeUp = []string{
	"/metrics/latencyMs", "/p",
	"/id", "/message/id", "/generations/*/id", "/generation_id", "/response_id", "/response/generation_id", "/response/response_id",
	"/created", "/meta/requestDurationMillis",
	"/amazon-bedrock-invocationMetrics/invocationLatency", "/amazon-bedrock-invocationMetrics/firstByteLatency",
	"/metadata/metrics", "/metadata/trace",
}

// sortedKeys are answers whose keys came in an order that their models no longer
// have.
var sortedKeys = []string{
	"traceloop/openllmetry#packages/opentelemetry-instrumentation-langchain/tests/cassettes/test_llms/test_bedrock.yaml#0",
	"traceloop/openllmetry-js#packages/instrumentation-bedrock/recordings/Test-Cohere-with-AWS-Bedrock-Instrumentation_859624008/should-set-request-and-response-attributes-in-span-for-given-prompt_213543669/recording.har#0",
	"traceloop/openllmetry-js#packages/instrumentation-bedrock/recordings/Test-Cohere-with-AWS-Bedrock-Instrumentation_859624008/should-set-request-and-response-attributes-in-span-for-given-prompt-with-streaming-result_3091204960/recording.har#0",
}

// uncached are native answers from before their models told the counts of the
// prompt cache; those that came later have them, and so has the house.
var uncached = []string{
	"open-telemetry/opentelemetry-python-contrib#instrumentation/opentelemetry-instrumentation-botocore/tests/cassettes/test_invoke_model_with_content[amazon.nova].yaml#0",
	"open-telemetry/opentelemetry-python-contrib#instrumentation/opentelemetry-instrumentation-botocore/tests/cassettes/test_invoke_model_with_content_assistant_content_as_string.yaml#0",
	"open-telemetry/opentelemetry-python-contrib#instrumentation/opentelemetry-instrumentation-botocore/tests/cassettes/test_invoke_model_with_response_stream_with_content[amazon.nova].yaml#0",
	"traceloop/openllmetry-js#packages/instrumentation-langchain/recordings/Test-Langchain-instrumentation_2353722718/should-set-attributes-in-span-for-BedrockChat-with-tools_4092244032/recording.har#0",
}

// judge compares answers with the recorded ones.
type judge struct {
	// eitherWay are the ids of models of whose recorded answers some have
	// serverToolUsage and some, older, have not.
	eitherWay map[string]bool
}

func newJudge(t testing.TB) *judge {
	has, lacks := map[string]bool{}, map[string]bool{}
	for _, one := range recorded.Load(t, recorded.Operation("Converse", "ConverseStream"), recorded.Status(200), recorded.Of(recorded.Genuine)) {
		body := one.Response.Body
		if recorded.Streamed(one) {
			body = one.Response.Events[len(one.Response.Events)-1].Payload
		}
		if bytes.Contains(body, []byte(`"serverToolUsage"`)) {
			has[baseID(one)] = true
		} else {
			lacks[baseID(one)] = true
		}
	}
	maps.DeleteFunc(has, func(id string, _ bool) bool { return !lacks[id] })
	return &judge{has}
}

// baseID is the id of a model in any of its regions.
func baseID(one *recorded.Interaction) string {
	id, err := catalog.ParseID(one.ModelID)
	if err != nil {
		return one.ModelID
	}
	return id.Base
}

// difference says how an answer differs from the recorded one, or nothing.
func (j *judge) difference(t testing.TB, one *recorded.Interaction, got answered) string {
	t.Helper()
	if got.status != one.Response.Status {
		return fmt.Sprintf("status %d, recorded %d: %s", got.status, one.Response.Status, got.body)
	}
	if d := headerDifference(one, got); d != "" {
		return d
	}
	if recorded.Streamed(one) {
		return diffLines(numbered(j.recordedLines(t, one)), numbered(j.sentLines(t, one, got)))
	}
	return j.jsonDifference(t, one, one.Response.Body, got.body)
}

// jsonDifference compares two JSON values as far as the recording can be trusted.
func (j *judge) jsonDifference(t testing.TB, one *recorded.Interaction, want, got []byte) string {
	t.Helper()
	return diffLines(j.lines(t, one, want), j.lines(t, one, got))
}

// lines are the lines of a JSON value that count for a recording.
func (j *judge) lines(t testing.TB, one *recorded.Interaction, value []byte) []string {
	t.Helper()
	lines := jsonLines(t, value, append(j.masked(one), madeUp...)...)
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return line == "/usage/serverToolUsage {" && j.eitherWay[baseID(one)] ||
			strings.Contains(line, "/cache") && strings.HasSuffix(line, "InputTokenCount 0") && slices.Contains(uncached, one.ID)
	})
	if one.Noted(recorded.NoteKeysSorted) || slices.Contains(sortedKeys, one.ID) {
		slices.Sort(lines)
	}
	return lines
}

// masked are more pointers that a recording is no evidence for. Claude 3 counted
// the tokens of tool calls in streams twice, in message_delta and in the metrics,
// and came to two numbers; an answer of the house has one.
func (j *judge) masked(one *recorded.Interaction) []string {
	if one.Family != "anthropic" || one.Operation != "InvokeModelWithResponseStream" {
		return nil
	}
	const counts = `"usage":{"output_tokens":`
	for i, event := range one.Response.Events {
		_, told, ok := bytes.Cut(event.Chunk, []byte(counts))
		if !ok || i+1 == len(one.Response.Events) {
			continue
		}
		count, _, _ := bytes.Cut(told, []byte("}"))
		last := one.Response.Events[len(one.Response.Events)-1].Chunk
		if !bytes.Contains(last, append([]byte(`"outputTokenCount":`), count...)) {
			return []string{"/amazon-bedrock-invocationMetrics/outputTokenCount"}
		}
	}
	return nil
}

// headerDifference compares the headers that the recorders kept.
func headerDifference(one *recorded.Interaction, got answered) string {
	for name, want := range one.Response.Headers {
		have := got.header.Get(name)
		if strings.HasSuffix(name, "latency") && have != "" {
			continue
		}
		if have != want {
			return fmt.Sprintf("header %s: %q, recorded %q", name, have, want)
		}
	}
	if kind := got.header.Get("x-amzn-ErrorType"); got.status == 400 && !strings.HasPrefix(kind, "ValidationException:") {
		return fmt.Sprintf("error type %s", kind) // all that are recorded are this one
	}
	if len(one.Response.Headers) < 2 && one.Operation != "Converse" {
		return "" // the recorder dropped them
	}
	for name := range got.header {
		lower := strings.ToLower(name)
		if strings.Contains(lower, "-cache-") && slices.Contains(uncached, one.ID) {
			continue
		}
		if _, ok := one.Response.Headers[lower]; !ok && strings.HasPrefix(lower, "x-amzn-bedrock-") {
			return fmt.Sprintf("header %s is not recorded", name)
		}
	}
	return ""
}
