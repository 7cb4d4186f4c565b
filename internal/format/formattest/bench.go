package formattest

import (
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Benchmark is the body of a format's benchmark: what InvokeModel and its stream
// add to a call, for the first model of the suite.
func Benchmark(b *testing.B, s Suite) {
	modelID := s.ModelIDs[0]
	body, err := s.Format.RenderRequest(modelID, &bedrock.ConverseRequest{
		InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(512)), Temperature: new(float32(0.5))},
		Messages:        []bedrock.Message{say(bedrock.ConversationRoleUser, text("Write a short poem about a null rock."))},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ParseRequest", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Format.ParseRequest(modelID, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Response", func(b *testing.B) {
		whole, renderer := sentence.whole(), s.Format.Renderer(modelID)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := renderer.Response(whole); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Delta", func(b *testing.B) { s.benchmarkDelta(b, modelID) })
}

// benchmarkDelta measures one delta of a long stream.
func (s Suite) benchmarkDelta(b *testing.B, modelID string) {
	events := sentence.events()
	start, delta := events[0], events[1]
	b.ReportAllocs()
	for range s.Format.Renderer(modelID).Stream(func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		if !yield(start, nil) {
			return
		}
		for b.Loop() {
			if !yield(delta, nil) {
				return
			}
		}
	}) {
	}
}
