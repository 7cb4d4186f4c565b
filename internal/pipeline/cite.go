package pipeline

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document/quote"
	"github.com/saprolite/saprolite/internal/provider"
)

// cited puts citations into an answer where it quotes the sources. Text waits
// until its sentence has ended, and no longer. What is quoted becomes a block of
// its own, its citation ahead of its text, as the service has it (recorded); text
// that quotes nothing passes in the pieces in which it came. Once the provider
// cites by itself, the citations are its own.
func cited(events provider.Events, sources []source) provider.Events {
	if len(sources) == 0 {
		return events
	}
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		c := &citing{finder: newFinder(sources), sources: sources, yield: yield}
		for event, err := range events {
			if err != nil {
				yield(event, err)
				return
			}
			if !c.event(event) {
				return
			}
		}
	}
}

// citing is an answer on its way. Its methods are false when the consumer left.
type citing struct {
	finder  *quote.Finder
	sources []source
	yield   func(bedrock.ConverseStreamOutput, error) bool
	// index is that of the block that is open or comes next; open says which.
	index int32
	open  bool
	// empty says that nothing of the provider's block has gone out yet.
	empty bool
	// waiting is text whose sentence has not ended, in the pieces that came.
	waiting pieces
	// own says that the provider cites.
	own bool
}

func (c *citing) event(event bedrock.ConverseStreamOutput) bool {
	switch {
	case event.ContentBlockStart != nil:
		c.open, c.empty = true, false
		start := *event.ContentBlockStart
		start.ContentBlockIndex = c.index
		return c.yield(bedrock.ConverseStreamOutput{ContentBlockStart: &start}, nil)
	case event.ContentBlockDelta != nil:
		return c.delta(event.ContentBlockDelta.Delta)
	case event.ContentBlockStop != nil:
		return c.stop()
	}
	c.empty = true
	return c.yield(event, nil)
}

func (c *citing) delta(delta bedrock.ContentBlockDelta) bool {
	if delta.Text == nil || c.own {
		c.own = c.own || delta.Citation != nil
		return c.plain(c.waiting.take(c.waiting.length)) && c.send(delta)
	}
	c.waiting.add(*delta.Text)
	for {
		text := c.waiting.text()
		n := quote.Sentence(text)
		if n == 0 {
			return true
		}
		if !c.sentence(text[:n]) {
			return false
		}
	}
}

// stop ends the provider's block.
func (c *citing) stop() bool {
	if text := c.waiting.text(); text != "" && !c.sentence(text) {
		return false
	}
	if c.empty {
		c.open = true // a block without content is a block
	}
	c.empty = true
	return c.close()
}

// sentence writes a sentence, which is at the head of what waits.
func (c *citing) sentence(text string) bool {
	at := 0
	for _, q := range c.finder.Find(text) {
		if !c.plain(c.waiting.take(q.From-at)) || !c.quotation(c.sources[q.Passage].cite(q.Start, q.End), c.waiting.take(q.To-q.From)) {
			return false
		}
		at = q.To
	}
	if at == len(text) {
		return true
	}
	return c.plain(c.waiting.takeWhole(len(text) - at))
}

// plain writes text into the block that is open, or opens one.
func (c *citing) plain(text []string) bool {
	for _, piece := range text {
		if !c.send(bedrock.ContentBlockDelta{Text: &piece}) {
			return false
		}
	}
	return true
}

// quotation writes a block with its citation.
func (c *citing) quotation(citation *bedrock.CitationsDelta, text []string) bool {
	return c.close() && c.send(bedrock.ContentBlockDelta{Citation: citation}) && c.plain(text) && c.close()
}

func (c *citing) send(delta bedrock.ContentBlockDelta) bool {
	c.open, c.empty = true, false
	return c.yield(bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{
		ContentBlockIndex: c.index, Delta: delta,
	}}, nil)
}

// close ends the block that is open, if one is.
func (c *citing) close() bool {
	if !c.open {
		return true
	}
	stop := &bedrock.ContentBlockStopEvent{ContentBlockIndex: c.index}
	c.open = false
	c.index++
	return c.yield(bedrock.ConverseStreamOutput{ContentBlockStop: stop}, nil)
}

// pieces are the pieces of a text.
type pieces struct {
	all    []string
	length int
	// halved says that the head of the first piece was taken.
	halved bool
}

func (p *pieces) add(piece string) {
	if piece != "" {
		p.all, p.length = append(p.all, piece), p.length+len(piece)
	}
}

func (p *pieces) text() string { return strings.Join(p.all, "") }

// take gives the first n bytes, in pieces.
func (p *pieces) take(n int) []string {
	var taken []string
	p.length -= n
	for n > 0 {
		piece := p.all[0]
		if p.halved = len(piece) > n; p.halved {
			p.all[0] = piece[n:]
			return append(taken, piece[:n])
		}
		taken, p.all, n = append(taken, piece), p.all[1:], n-len(piece)
	}
	return taken
}

// takeWhole is take, with the white space that may end the last piece: text that
// quotes nothing passes in the pieces in which it came.
func (p *pieces) takeWhole(n int) []string {
	taken := p.take(n)
	if len(p.all) == 0 || len(taken) == 0 || strings.TrimSpace(p.all[0]) != "" || !p.halved {
		return taken
	}
	taken[len(taken)-1] += p.all[0]
	p.length -= len(p.all[0])
	p.all = p.all[1:]
	return taken
}
