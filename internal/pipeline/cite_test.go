package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
)

// says answers with what a function writes.
type says func(w *provider.Writer)

func (s says) Converse(context.Context, provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		s(w)
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 1})
	}
}

// tokens says the words of a text one by one.
func tokens(text string) says {
	return func(w *provider.Writer) {
		for _, word := range strings.SplitAfter(text, " ") {
			w.Text(word)
		}
	}
}

const policy = "Company leave policy: Employees get 20 days annual leave. Consult with your manager for details."

var policyText = paper("txt", bedrock.DocumentSource{Text: new(policy)}, citedBlock)

// lines words the events of an answer, a line each.
func lines(t *testing.T, p provider.Provider, content ...bedrock.ContentBlock) string {
	t.Helper()
	var all strings.Builder
	for event, err := range documentRoute(t, p).ConverseStream(t.Context(), asked(content...), new(pipeline.Timing)) {
		if err != nil {
			t.Fatal(err)
		}
		if event.MessageStart != nil || event.Metadata != nil || event.MessageStop != nil {
			continue
		}
		line, err := json.Marshal(event.Event())
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(event.EventType()[len("contentBlock"):] + " " + string(line) + "\n")
	}
	return all.String()
}

// TestCiteStream puts the citation ahead of the text that quotes, in a block of
// their own, as recorded.
func TestCiteStream(t *testing.T) {
	got := lines(t, tokens("According to it, employees get 20 days annual leave. If in doubt, ask."), text("Hi"), policyText)
	want := `Delta {"contentBlockIndex":0,"delta":{"text":"According "}}
Delta {"contentBlockIndex":0,"delta":{"text":"to "}}
Delta {"contentBlockIndex":0,"delta":{"text":"it, "}}
Stop {"contentBlockIndex":0}
Delta {"contentBlockIndex":1,"delta":{"citation":{"location":{"documentChar":{"documentIndex":0,"end":57,"start":22}},"sourceContent":[{"text":"Employees get 20 days annual leave."}],"title":"paper"}}}
Delta {"contentBlockIndex":1,"delta":{"text":"employees "}}
Delta {"contentBlockIndex":1,"delta":{"text":"get "}}
Delta {"contentBlockIndex":1,"delta":{"text":"20 "}}
Delta {"contentBlockIndex":1,"delta":{"text":"days "}}
Delta {"contentBlockIndex":1,"delta":{"text":"annual "}}
Delta {"contentBlockIndex":1,"delta":{"text":"leave."}}
Stop {"contentBlockIndex":1}
Delta {"contentBlockIndex":2,"delta":{"text":" "}}
Delta {"contentBlockIndex":2,"delta":{"text":"If "}}
Delta {"contentBlockIndex":2,"delta":{"text":"in "}}
Delta {"contentBlockIndex":2,"delta":{"text":"doubt, "}}
Delta {"contentBlockIndex":2,"delta":{"text":"ask."}}
Stop {"contentBlockIndex":2}
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestCiteUnchanged leaves answers alone that quote nothing, that cite by
// themselves, and those to requests that ask for no citations.
func TestCiteUnchanged(t *testing.T) {
	uncited := paper("txt", bedrock.DocumentSource{Text: new(policy)})
	for name, test := range map[string]struct {
		says    says
		content bedrock.ContentBlock
	}{
		"nothing quoted": {tokens("You have leave. Ask your manager. Really."), policyText},
		"not asked":      {tokens(policy), uncited},
		"reasoning and tools": {func(w *provider.Writer) {
			w.Reasoning("Employees get 20 days annual leave.")
			w.Text("One moment")
			w.ToolUse(bedrock.ToolUseBlockStart{ToolUseId: "t", Name: "Employees get 20 days annual leave"})
			w.ToolInput("{}")
			w.ToolUse(bedrock.ToolUseBlockStart{ToolUseId: "u", Name: "empty"})
		}, policyText},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(lines(t, test.says, text("Hi")), lines(t, test.says, text("Hi"), test.content)); d != "" {
				t.Error(d)
			}
		})
	}
}

// ownCitation yields an answer that cites.
type ownCitation struct{}

func (ownCitation) Converse(context.Context, provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		delta := func(index int32, delta bedrock.ContentBlockDelta) bool {
			return yield(bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{ContentBlockIndex: index, Delta: delta}}, nil)
		}
		stop := func(index int32) bool {
			return yield(bedrock.ConverseStreamOutput{ContentBlockStop: &bedrock.ContentBlockStopEvent{ContentBlockIndex: index}}, nil)
		}
		_ = delta(0, bedrock.ContentBlockDelta{Text: new("As it ")}) && delta(0, bedrock.ContentBlockDelta{Text: new("says, ")}) && stop(0) &&
			delta(1, bedrock.ContentBlockDelta{Citation: &bedrock.CitationsDelta{Title: new("its own")}}) &&
			delta(1, bedrock.ContentBlockDelta{Text: new("Employees get 20 days ")}) && delta(1, bedrock.ContentBlockDelta{Text: new("annual leave.")}) && stop(1)
	}
}

func TestCiteOwn(t *testing.T) {
	if d := cmp.Diff(lines(t, ownCitation{}, text("Hi")), lines(t, ownCitation{}, text("Hi"), policyText)); d != "" {
		t.Error(d)
	}
}

// TestCiteLocations cites each kind of source by its own kind of place.
func TestCiteLocations(t *testing.T) {
	on := &bedrock.CitationsConfig{Enabled: new(true)}
	pdf := []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Kids[3 0 R 4 0 R]>>endobj 3 0 obj<</Type/Page/Resources 6 0 R>>endobj " +
		"4 0 obj<</Type/Page/Resources 6 0 R/Contents 5 0 R>>endobj 5 0 obj<<>>stream\nBT /F 9 Tf (Call before nine when you are sick) Tj ET\nendstream endobj " +
		"6 0 obj<</Font<</F<</Subtype/Type1>>>>>>endobj trailer<</Root 1 0 R>>")
	content := []bedrock.ContentBlock{
		text("Hi"), paper("txt", bedrock.DocumentSource{Bytes: []byte("Not this one")}),
		paper("pdf", bedrock.DocumentSource{Bytes: pdf}, citedBlock),
		paper("txt", bedrock.DocumentSource{Content: []bedrock.DocumentContentBlock{{Text: new("Zero.")}, {Text: new("Ask your manager for all the details.")}}}, citedBlock),
		paper("md", bedrock.DocumentSource{Bytes: []byte("Zürich: überall sind zwanzig Tage frei.")}, citedBlock),
		{SearchResult: &bedrock.SearchResultBlock{Title: new("Leave"), Source: new("https://example.com"), Citations: on,
			Content: []bedrock.SearchResultContentBlock{{Text: new("Zero.")}, {Text: new("The office is closed on all Sundays.")}}}},
	}
	answer := tokens("Call before nine when you are sick. Ask your manager for all the details. Überall sind zwanzig Tage frei. The office is closed on all Sundays.")
	whole, err := conversation.Collect(documentRoute(t, answer).Converse(t.Context(), asked(content...), new(pipeline.Timing)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(whole.Output.Message.Content)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`[{"citationsContent":{"citations":[{"location":{"documentPage":{"documentIndex":1,"end":3,"start":2}},"sourceContent":[{"text":"Call before nine when you are sick"}],"title":"paper"}],"content":[{"text":"Call before nine when you are sick."}]}}`,
		`{"text":" "}`,
		`{"citationsContent":{"citations":[{"location":{"documentChunk":{"documentIndex":2,"end":2,"start":1}},"sourceContent":[{"text":"Ask your manager for all the details."}],"title":"paper"}],"content":[{"text":"Ask your manager for all the details."}]}}`,
		`{"text":" "}`,
		`{"citationsContent":{"citations":[{"location":{"documentChar":{"documentIndex":3,"end":39,"start":8}},"sourceContent":[{"text":"überall sind zwanzig Tage frei."}],"title":"paper"}],"content":[{"text":"Überall sind zwanzig Tage frei."}]}}`,
		`{"text":" "}`,
		`{"citationsContent":{"citations":[{"location":{"searchResultLocation":{"end":2,"searchResultIndex":0,"start":1}},"source":"https://example.com","sourceContent":[{"text":"The office is closed on all Sundays."}],"title":"Leave"}],"content":[{"text":"The office is closed on all Sundays."}]}}]`,
	}, ",")
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
}

// TestCiteEnds passes errors on and stops with the consumer, wherever it leaves.
func TestCiteEnds(t *testing.T) {
	broken := says(func(w *provider.Writer) {
		w.Text("Employees get 20 days annual leave")
		w.Fail(io.ErrUnexpectedEOF)
	})
	var last error
	for _, err := range documentRoute(t, broken).ConverseStream(t.Context(), asked(text("Hi"), policyText), new(pipeline.Timing)) {
		last = err
	}
	if !errors.Is(last, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", last)
	}
	for leave := range 12 {
		n := 0
		for range documentRoute(t, tokens(policy)).ConverseStream(t.Context(), asked(text("Hi"), policyText), new(pipeline.Timing)) {
			if n++; n > leave {
				break
			}
		}
		if n != leave+1 {
			t.Errorf("left after %d events of %d", n, leave+1)
		}
	}
}
