package script

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// answer is a rule's answer to one request.
type answer struct {
	rule   *rule
	parts  []part
	reason bedrock.StopReason
	fields json.RawMessage
	usage  bedrock.TokenUsage
}

func newAnswer(m *match, request *bedrock.ConverseRequest) *answer {
	a := &answer{rule: m.rule, parts: m.parts(), reason: m.stopReason, fields: m.fields}
	sequence := m.stopSequence
	if a.reason == "" {
		a.reason = bedrock.StopReasonEndTurn
		for _, p := range a.parts {
			if p.kind == toolBlock {
				a.reason = bedrock.StopReasonToolUse
			}
		}
	}
	if config := request.InferenceConfig; config != nil {
		if found := a.cutAt(config.StopSequences); found != "" {
			sequence = found
		}
		if config.MaxTokens != nil && a.cutAfter(int(*config.MaxTokens)) {
			a.reason, sequence = bedrock.StopReasonMaxTokens, ""
		}
	}
	if sequence != "" {
		a.reason = bedrock.StopReasonStopSequence
		a.fields = withStopSequence(a.fields, sequence)
	}
	a.count(request)
	return a
}

// withStopSequence adds the member stop_sequence to an object.
func withStopSequence(fields json.RawMessage, sequence string) json.RawMessage {
	object := provider.StopSequenceFields(sequence)
	if len(fields) <= len("{}") {
		return object
	}
	return append(append(object[:len(object)-1:len(object)-1], ','), fields[1:]...)
}

// cutAt ends the answer before the first of the sequences that its texts hold,
// and gives the sequence.
func (a *answer) cutAt(sequences []string) string {
	for i, p := range a.parts {
		if p.kind != textBlock {
			continue
		}
		text := strings.Join(p.tokens, "")
		end, found := len(text), ""
		for _, sequence := range sequences {
			if at := strings.Index(text, sequence); at >= 0 && at < end {
				end, found = at, sequence
			}
		}
		if found == "" {
			continue
		}
		a.parts = a.parts[:i+1]
		a.parts[i].tokens = take(p.tokens, end)
		return found
	}
	return ""
}

// take gives the tokens of the first n bytes.
func take(tokens []string, n int) []string {
	var taken []string
	for _, token := range tokens {
		if n == 0 {
			break
		}
		token = token[:min(n, len(token))]
		n -= len(token)
		taken = append(taken, token)
	}
	return taken
}

// cutAfter ends the answer after n tokens, and says whether there were more. A
// call of a tool is not cut in two: one that does not fit is left out.
func (a *answer) cutAfter(n int) bool {
	for i, p := range a.parts {
		if len(p.tokens) <= n {
			n -= len(p.tokens)
			continue
		}
		a.parts = a.parts[:i+1]
		a.parts[i].tokens, a.parts[i].signature = p.tokens[:n], ""
		if n == 0 || p.kind == toolBlock {
			a.parts = a.parts[:i]
		}
		return true
	}
	return false
}

// count fills the usage in: what the rule says, or what is counted.
func (a *answer) count(request *bedrock.ConverseRequest) {
	u := a.rule.usage
	a.usage = bedrock.TokenUsage{CacheReadInputTokens: u.cacheRead, CacheWriteInputTokens: u.cacheWrite}
	if u.input != nil {
		a.usage.InputTokens = *u.input
	} else {
		a.usage.InputTokens = inputTokens(request)
	}
	if u.output != nil {
		a.usage.OutputTokens = *u.output
		return
	}
	a.usage.OutputTokens = a.length()
}

// play writes the answer in the time that the rule gives it. A plain answer takes
// as long, and comes at the end of that time.
func (a *answer) play(ctx context.Context, w *provider.Writer, incremental bool) error {
	if err := sleep(ctx, a.rule.first); err != nil {
		return err
	}
	f := a.rule.fault
	if f != nil && f.after == nil {
		return f.exception
	}
	if incremental {
		return a.stream(ctx, w)
	}
	for i := range a.length() {
		if f != nil && i == *f.after {
			return f.exception
		}
		if err := sleep(ctx, a.rule.delay); err != nil {
			return err
		}
	}
	if f != nil {
		return f.exception
	}
	for _, p := range a.parts {
		if !p.begin(w) || !p.write(w, strings.Join(p.tokens, "")) || !p.end(w) {
			return nil
		}
	}
	a.finish(w)
	return nil
}

// stream writes the answer token by token.
func (a *answer) stream(ctx context.Context, w *provider.Writer) error {
	f := a.rule.fault
	sent := int32(0)
	if !w.Start() {
		return nil
	}
	for _, p := range a.parts {
		for i, token := range p.tokens {
			if f != nil && sent == *f.after {
				return f.exception
			}
			sent++
			if err := sleep(ctx, a.rule.delay); err != nil {
				return err
			}
			if i == 0 && !p.begin(w) || !p.write(w, token) {
				return nil
			}
		}
		if len(p.tokens) == 0 && !p.begin(w) || !p.end(w) {
			return nil
		}
	}
	if f != nil {
		return f.exception
	}
	a.finish(w)
	return nil
}

func (a *answer) finish(w *provider.Writer) {
	if w.Stop(a.reason, a.fields) {
		w.Metadata(a.usage)
	}
}

// length is the number of tokens of the answer.
func (a *answer) length() int32 {
	var n int
	for _, p := range a.parts {
		n += len(p.tokens)
	}
	return int32(n)
}

func (p *part) begin(w *provider.Writer) bool {
	if p.kind == toolBlock {
		return w.ToolUse(bedrock.ToolUseBlockStart{Name: p.name, ToolUseId: p.id})
	}
	return true
}

func (p *part) write(w *provider.Writer, text string) bool {
	switch {
	case p.kind == reasoningBlock:
		return w.Reasoning(text)
	case p.kind == textBlock:
		return w.Text(text)
	case text == "":
		return true
	}
	return w.ToolInput(text)
}

// end ends a block, so that two blocks of one kind stay two.
func (p *part) end(w *provider.Writer) bool {
	if p.signature != "" {
		return w.Signature(p.signature)
	}
	return w.EndBlock()
}

// sleep waits, or gives the error of a call whose context ends.
func sleep(ctx context.Context, wait time.Duration) error {
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return provider.EndedError(err)
	}
	return nil
}
