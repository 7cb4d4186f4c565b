package pipeline

import (
	"cmp"
	"context"
	"errors"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/quota"
)

// defaultMaxOutput is what an answer is taken to have at most, in tokens, where neither
// the request nor the catalogue says.
const defaultMaxOutput = 4096

// admit asks the quotas for a request of the route.
func (r *Route) admit(ctx context.Context, req quota.Request) (quota.Grant, error) {
	req.Account, req.Principal, req.Model, req.Operation = r.Caller.Account, r.Caller.PrincipalARN(), r.Model.ID, r.Operation
	if r.Caller.Session != nil {
		req.Session = r.Caller.ARN
	}
	grant, err := r.quota.Admit(ctx, &req)
	if _, refused := errors.AsType[bedrock.Exception](err); err != nil && !refused && ctx.Err() != nil {
		return nil, provider.EndedError(ctx.Err())
	}
	return grant, err
}

// granted does what the quotas admit. Do gives the tokens that it used.
func (r *Route) granted(ctx context.Context, req quota.Request, do func() (tokens int64, err error)) error {
	if r.quota == nil {
		_, err := do()
		return err
	}
	grant, err := r.admit(ctx, req)
	if err != nil {
		return err
	}
	var tokens int64
	defer func() { grant.Settle(tokens) }()
	tokens, err = do()
	return err
}

// admitted gives events that begin when the quotas admit the request, and end with its
// settlement.
func (r *Route) admitted(ctx context.Context, req *bedrock.ConverseRequest, events provider.Events) provider.Events {
	if r.quota == nil {
		return events
	}
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		spent := spending{weight: r.Model.TokenWeight()}
		grant, err := r.admit(ctx, quota.Request{Reserve: func() quota.Reservation {
			reserved, input := r.reservation(ctx, req)
			spent.input = input
			return reserved
		}})
		if err != nil {
			yield(bedrock.ConverseStreamOutput{}, err)
			return
		}
		defer func() { grant.Settle(spent.tokens()) }()
		for event, err := range events {
			spent.note(&event)
			if !yield(event, err) {
				return
			}
		}
	}
}

// reservation is what a conversation may use, and its input, counted where that costs
// little, else guessed.
func (r *Route) reservation(ctx context.Context, req *bedrock.ConverseRequest) (reserved quota.Reservation, input int64) {
	if _, ok := r.provider.(provider.LocalCounter); ok {
		if count, err := r.InputTokens(ctx, req); err == nil {
			input, reserved.Least = int64(count), int64(count)
		}
	}
	if input == 0 {
		input = conversation.EstimateTokens(req)
	}
	output := int64(cmp.Or(r.Model.MaxOutput, defaultMaxOutput))
	if config := req.InferenceConfig; config != nil && config.MaxTokens != nil {
		output = int64(*config.MaxTokens)
		reserved.Least += output
	}
	reserved.Tokens = input + output
	return reserved, input
}

// textTokens guesses the tokens of some texts.
func textTokens(texts []string) (tokens int64) {
	for _, text := range texts {
		tokens += conversation.EstimateTextTokens(len(text))
	}
	return tokens
}

// spending is what an answer has used so far.
type spending struct {
	// weight is how often a token of the answer counts, input those of the request.
	weight, input int64
	// bytes are those of the answer's content.
	bytes int
	// told are the tokens that count as the answer says, once it has said so.
	told   int64
	isTold bool
}

func (s *spending) note(event *bedrock.ConverseStreamOutput) {
	switch {
	case event.ContentBlockDelta != nil:
		s.bytes += contentSize(&event.ContentBlockDelta.Delta)
	case event.Metadata != nil:
		// Not later: who shows the usage may leave out parts of it.
		s.told, s.isTold = weigh(&event.Metadata.Usage, s.weight), true
	}
}

// contentSize is how many bytes of content a delta has.
func contentSize(delta *bedrock.ContentBlockDelta) int {
	switch {
	case delta.Text != nil:
		return len(*delta.Text)
	case delta.ToolUse != nil:
		return len(delta.ToolUse.Input)
	case delta.ReasoningContent != nil && delta.ReasoningContent.Text != nil:
		return len(*delta.ReasoningContent.Text)
	}
	return 0
}

// tokens are those that count. An answer that was cut off does not say; one that did not
// begin used none.
func (s *spending) tokens() int64 {
	switch {
	case s.isTold:
		return s.told
	case s.bytes > 0:
		return s.input + s.weight*conversation.EstimateTextTokens(s.bytes)
	}
	return 0
}

// weigh gives the tokens that count of a usage: what is read from the cache does not.
func weigh(usage *bedrock.TokenUsage, weight int64) int64 {
	tokens := int64(usage.InputTokens) + weight*int64(usage.OutputTokens)
	if written := usage.CacheWriteInputTokens; written != nil {
		tokens += int64(*written)
	}
	return tokens
}
