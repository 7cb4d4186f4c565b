package formattest

import (
	"bytes"
	"iter"
	"regexp"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/recorded"
)

// profile is what stands before the bare id in the id of an inference profile.
var profile = regexp.MustCompile(`^(us|us-gov|eu|apac|jp|au|ca|global)\.`)

func bareID(modelID string) string { return profile.ReplaceAllString(modelID, "") }

func guarded(i *recorded.Interaction) bool {
	member := []byte(`"amazon-bedrock-guardrailAction"`)
	for _, event := range i.Response.Events {
		if bytes.Contains(event.Chunk, member) {
			return true
		}
	}
	return bytes.Contains(i.Response.Body, member)
}

// testRecordedAnswers checks that a recorded answer, understood and written
// again, is the recorded answer.
func (s Suite) testRecordedAnswers(t *testing.T) {
	for _, one := range s.answers(t, "InvokeModel") {
		t.Run(one.ID, func(t *testing.T) {
			request, err := s.Format.ParseRequest(bareID(one.ModelID), one.Request.Body)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := s.Format.ParseResponse(one.Response.Body)
			if err != nil {
				t.Fatal(err)
			}
			rendered, err := request.Renderer.Response(answer)
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(one.Response.Body, rendered, s.trust(one)); d != "" {
				t.Errorf("(-recorded +rendered)\n%s", d)
			}
		})
	}
}

// testRecordedStreams checks that a recorded stream, understood and written
// again, is the recorded stream, chunk for chunk; and that it is understood
// alike without the metrics that only the service itself adds.
func (s Suite) testRecordedStreams(t *testing.T) {
	for _, one := range s.answers(t, "InvokeModelWithResponseStream") {
		t.Run(one.ID, func(t *testing.T) {
			request, err := s.Format.ParseRequest(bareID(one.ModelID), one.Request.Body)
			if err != nil {
				t.Fatal(err)
			}
			var asSent, bare [][]byte
			for _, event := range one.Response.Events {
				asSent = append(asSent, event.Chunk)
				bare = append(bare, edit(jsontext.Value(event.Chunk), dropMetrics))
			}
			want := bare
			if s.Recast != nil {
				want = s.Recast(bare)
			}
			for _, chunks := range [][][]byte{asSent, bare} {
				s.compareStream(t, want, s.trust(one), request.Renderer.Stream(s.Format.ParseStream(each(chunks))))
			}
		})
	}
}

func dropMetrics(at jsontext.Pointer, value jsontext.Value) jsontext.Value {
	if at == "/amazon-bedrock-invocationMetrics" {
		return nil
	}
	return value
}

// blank keeps only the length of the strings that a renderer makes up.
func (s Suite) blank(at jsontext.Pointer, value jsontext.Value) jsontext.Value {
	for _, madeUp := range s.MadeUp {
		if jsontext.Pointer(madeUp) == at {
			return bytes.Repeat([]byte("0"), len(value))
		}
	}
	return value
}

func (s Suite) compareStream(t *testing.T, want [][]byte, trust spelling, chunks iter.Seq2[format.Chunk, error]) {
	t.Helper()
	got, err := collect(chunks)
	if err != nil {
		t.Fatal(err)
	}
	for i := range max(len(want), len(got)) {
		var wanted, rendered []byte
		if i < len(want) {
			wanted = edit(want[i], s.blank)
		}
		if i < len(got) {
			rendered = edit(got[i].Body, s.blank)
		}
		if d := diff(wanted, rendered, trust); d != "" {
			t.Fatalf("chunk %d (-recorded +rendered)\n%s", i, d)
		}
		if last := i == len(want)-1; got[i].Last != last {
			t.Errorf("chunk %d of %d: Last is %v", i, len(want), got[i].Last)
		}
	}
}
