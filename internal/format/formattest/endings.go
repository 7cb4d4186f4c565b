package formattest

import (
	"errors"
	"iter"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// testCancelled checks that a consumer may leave at any chunk, and that no event
// is asked for afterwards.
func (s Suite) testCancelled(t *testing.T) {
	for _, modelID := range s.ModelIDs {
		all, err := collect(s.Format.Renderer(modelID).Stream(stream(sentence.events())))
		if err != nil {
			t.Fatal(err)
		}
		for n := range all {
			left, after := false, 0
			watched := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
				for _, event := range sentence.events() {
					if left {
						after++
					}
					if !yield(event, nil) {
						return
					}
				}
			}
			for range s.Format.Renderer(modelID).Stream(watched) {
				if n--; n < 0 {
					left = true
					break
				}
			}
			if after > 0 {
				t.Errorf("%s: %d events were asked for after the consumer left", modelID, after)
			}
		}
	}
}

// testFailed checks that an error inside the events comes out, once and last,
// on both sides.
func (s Suite) testFailed(t *testing.T) {
	broken := &bedrock.ModelStreamErrorException{Message: "the upstream broke"}
	for _, modelID := range s.ModelIDs {
		events := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
			for _, event := range sentence.events()[:3] {
				if !yield(event, nil) {
					return
				}
			}
			yield(bedrock.ConverseStreamOutput{}, broken)
		}
		var chunks [][]byte
		var failures []error
		for chunk, err := range s.Format.Renderer(modelID).Stream(events) {
			if err != nil {
				failures = append(failures, err)
				continue
			}
			if len(failures) > 0 || chunk.Last {
				t.Errorf("%s: chunk %s, last %v, errors before it %v", modelID, chunk.Body, chunk.Last, failures)
			}
			chunks = append(chunks, chunk.Body)
		}
		if len(failures) != 1 || !errors.Is(failures[0], broken) {
			t.Errorf("%s: errors %v, want the one of the events", modelID, failures)
		}
		failures = nil
		for _, err := range s.Format.ParseStream(brokenOff(chunks, broken)) {
			if err != nil {
				failures = append(failures, err)
			}
		}
		if len(failures) != 1 || !errors.Is(failures[0], broken) {
			t.Errorf("%s: parsing gave errors %v, want the one of the chunks", modelID, failures)
		}
	}
}

func brokenOff(chunks [][]byte, err error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, chunk := range chunks {
			if !yield(chunk, nil) {
				return
			}
		}
		yield(nil, err)
	}
}
