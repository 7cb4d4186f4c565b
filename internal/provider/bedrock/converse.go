package bedrock

import (
	"bufio"
	"bytes"
	"context"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/restjson"
)

// lenient reads JSON as the service's newer answers may be.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Converse answers a call by one request to Converse or ConverseStream.
func (p *Provider) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		a := &answer{Provider: p, asked: call.Request.AdditionalModelResponseFieldPaths, yield: yield}
		if err := a.run(ctx, call); err != nil {
			yield(bedrock.ConverseStreamOutput{}, err)
		}
	}
}

// answer reads one answer.
type answer struct {
	*Provider
	// asked are the paths of fields that the caller asked for.
	asked []string
	yield func(bedrock.ConverseStreamOutput, error) bool
	// began says that an event was yielded, stopped that messageStop was.
	began, stopped bool
}

func (a *answer) run(ctx context.Context, call provider.Call) error {
	operation := bedrock.OperationConverse
	if call.Incremental {
		operation = bedrock.OperationConverseStream
	}
	request := *call.Request
	request.AdditionalModelResponseFieldPaths = withStopSequence(call.Request)
	var body bytes.Buffer
	if err := restjson.EncodeBody(&body, &request); err != nil {
		return a.client.Invalid(err)
	}
	response, err := a.client.Post(ctx, pathOf(operation.URI, modelOf(call)), body.Bytes())
	if err != nil {
		return err
	}
	defer response.Close()
	if streams(response) {
		return a.stream(ctx, response)
	}
	return a.plain(response)
}

func (a *answer) plain(response *openai.Response) error {
	body, err := response.ReadAll()
	if err != nil {
		return err
	}
	whole := new(bedrock.ConverseResponse)
	if err := json.Unmarshal(body, whole, lenient); err != nil {
		return a.client.Invalid(err)
	}
	whole.AdditionalModelResponseFields = a.fields(whole.AdditionalModelResponseFields)
	for event := range provider.Whole(whole) {
		if !a.yield(event, nil) {
			break
		}
	}
	return nil
}

func (a *answer) stream(ctx context.Context, response *openai.Response) error {
	reader := eventstream.NewReader(bufio.NewReader(response))
	for {
		message, err := reader.Next()
		if err != nil {
			return a.cut(response, a.began, a.stopped, err)
		}
		if ctx.Err() != nil {
			return provider.EndedError(ctx.Err()) // there may be more in the buffer
		}
		if name := message.ExceptionType(); name != "" {
			return a.streamException(name, message.Payload, a.began)
		}
		var event bedrock.ConverseStreamOutput
		shape := event.SetEvent(message.EventType())
		if shape == nil {
			continue // an event that came later
		}
		if err := json.Unmarshal(message.Payload, shape, lenient); err != nil {
			if a.began {
				return a.client.StreamInvalid(err)
			}
			return a.client.Invalid(err)
		}
		if stop := event.MessageStop; stop != nil {
			a.stopped = true
			stop.AdditionalModelResponseFields = a.fields(stop.AdditionalModelResponseFields)
		}
		a.began = true
		if !a.yield(event, nil) {
			return nil
		}
	}
}

// The paths at which Claude's answers say which stop sequence ended them.
const (
	stopPath      = "/stop_sequence"
	deltaStopPath = "/delta/stop_sequence"
)

// withStopSequence gives the paths of fields to ask for. A request with stop
// sequences asks for the one that ended the answer, in either form of answer,
// unless that makes more paths than a request may have.
func withStopSequence(request *bedrock.ConverseRequest) []string {
	const most = 10
	paths := slices.Clone(request.AdditionalModelResponseFieldPaths)
	config := request.InferenceConfig
	if config == nil || len(config.StopSequences) == 0 {
		return paths
	}
	for _, path := range []string{stopPath, deltaStopPath} {
		if !slices.Contains(paths, path) && len(paths) < most {
			paths = append(paths, path)
		}
	}
	return paths
}

// fields gives additionalModelResponseFields as a provider has them: with the stop
// sequence that ended the answer, if one did, and what the caller asked for.
func (a *answer) fields(given []byte) []byte {
	var all map[string]jsontext.Value
	if json.Unmarshal(given, &all, lenient) != nil {
		return nil
	}
	var delta struct {
		StopSequence jsontext.Value `json:"stop_sequence"`
	}
	_ = json.Unmarshal(all["delta"], &delta, lenient) // often there is none
	for _, sequence := range []jsontext.Value{all["stop_sequence"], delta.StopSequence} {
		if sequence.Kind() == '"' {
			all["stop_sequence"] = sequence
		}
	}
	if sequence := all["stop_sequence"]; len(a.asked) == 0 {
		all = map[string]jsontext.Value{"stop_sequence": sequence}
	}
	if all["stop_sequence"].Kind() != '"' {
		delete(all, "stop_sequence")
	}
	if len(all) == 0 {
		return nil
	}
	kept, err := json.Marshal(all, json.Deterministic(true), lenient)
	if err != nil {
		return nil // what was read can be written
	}
	return kept
}
