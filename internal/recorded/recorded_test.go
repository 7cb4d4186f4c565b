package recorded_test

import (
	"encoding/json"
	"testing"

	"github.com/saprolite/saprolite/internal/recorded"
)

// The counts are those of testdata/README.md.
func TestLoad(t *testing.T) {
	tests := []struct {
		name    string
		filters []recorded.Filter
		want    int
	}{
		{"all", nil, 536},
		{"streams", []recorded.Filter{recorded.Streamed}, 101},
		{"plain", []recorded.Filter{recorded.Plain}, 435},
		{"refused", []recorded.Filter{recorded.Status(400)}, 27},
		{"genuine", []recorded.Filter{recorded.Of(recorded.Genuine)}, 524},
		{"made up or edited", []recorded.Filter{recorded.Of(recorded.HandEdited, recorded.Synthetic)}, 12},
		{
			"nova by its body",
			[]recorded.Filter{recorded.Operation("InvokeModel"), recorded.Family("nova"), recorded.Status(200)},
			15,
		},
		{"a model", []recorded.Filter{recorded.Model("us.anthropic.claude-opus-4-8"), recorded.Operation("InvokeModel")}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := len(recorded.Load(t, test.filters...)); got != test.want {
				t.Errorf("got %d interactions, want %d", got, test.want)
			}
		})
	}
}

func TestEveryItemIsWhole(t *testing.T) {
	frames, sorted := 0, 0
	for _, one := range recorded.Load(t) {
		if one.ID == "" || one.Operation == "" || one.Request.Method == "" || one.Quality == "" {
			t.Errorf("%+v lacks a member", one)
		}
		for _, event := range one.Response.Events {
			frames++
			if !json.Valid(event.Payload) || event.Type == "chunk" && !json.Valid(event.Chunk) {
				t.Errorf("%s: event %s has no JSON", one.ID, event.Type)
			}
		}
		if one.Noted(recorded.NoteKeysSorted) {
			sorted++
		}
	}
	if frames != 3759 || sorted != 279 {
		t.Errorf("%d frames and %d sorted answers, want 3759 and 279", frames, sorted)
	}
}
