package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
)

// reading carries documents itself.
type reading struct{ noted }

func (*reading) Abilities(string) provider.Abilities { return provider.Abilities{Documents: true} }

// documentRoute is a route of a pipeline that reads documents.
func documentRoute(t *testing.T, p provider.Provider) *pipeline.Route {
	t.Helper()
	pipes := newPipeline(t, p)
	pipes.Documents = document.NewExtractor(document.DefaultLimits())
	to, err := pipes.Route(haiku, catalog.Service{})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func asked(content ...bedrock.ContentBlock) *bedrock.ConverseRequest {
	return &bedrock.ConverseRequest{ModelId: haiku, Messages: []bedrock.Message{{Role: "user", Content: content}}}
}

func text(words string) bedrock.ContentBlock { return bedrock.ContentBlock{Text: &words} }

// paper is a document; more may change it.
func paper(format bedrock.DocumentFormat, source bedrock.DocumentSource, more ...func(*bedrock.DocumentBlock)) bedrock.ContentBlock {
	block := &bedrock.DocumentBlock{Name: new("paper"), Format: format, Source: &source}
	for _, change := range more {
		change(block)
	}
	return bedrock.ContentBlock{Document: block}
}

func citedBlock(block *bedrock.DocumentBlock) {
	block.Citations = &bedrock.CitationsConfig{Enabled: new(true)}
}

func result(content ...bedrock.ToolResultContentBlock) bedrock.ContentBlock {
	return bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{ToolUseId: new("t1"), Content: content}}
}

// ask gives the request that the provider got.
func ask(t *testing.T, req *bedrock.ConverseRequest) *bedrock.ConverseRequest {
	t.Helper()
	p := &noted{}
	for _, err := range documentRoute(t, p).Converse(t.Context(), req, new(pipeline.Timing)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return p.call.Request
}

// TestCarry puts text in place of what a provider of text does not know.
func TestCarry(t *testing.T) {
	txt := func(words string) bedrock.DocumentSource { return bedrock.DocumentSource{Bytes: []byte(words)} }
	context := func(block *bedrock.DocumentBlock) { block.Context = new("From 2024") }
	found := &bedrock.SearchResultBlock{
		Title: new("Leave"), Source: new("https://example.com/leave"),
		Content: []bedrock.SearchResultContentBlock{{Text: new("20 days.")}, {Text: new("Ask first.")}},
	}
	cachePoint := bedrock.ContentBlock{CachePoint: &bedrock.CachePointBlock{}}
	for name, test := range map[string]struct{ given, want []bedrock.ContentBlock }{
		"nothing to do": {[]bedrock.ContentBlock{text("Hi"), cachePoint}, []bedrock.ContentBlock{text("Hi"), cachePoint}},
		"bytes": {[]bedrock.ContentBlock{text("Hi"), paper("txt", txt("20 days.")), cachePoint},
			[]bedrock.ContentBlock{text("Hi"), text("<document name=\"paper\">\n20 days.\n</document>\n"), cachePoint}},
		"no format": {[]bedrock.ContentBlock{paper("", txt("20 days.\n"))}, []bedrock.ContentBlock{text("<document name=\"paper\">\n20 days.\n</document>\n")}},
		"html":      {[]bedrock.ContentBlock{paper("html", txt("<p>20 <b>days</b>"))}, []bedrock.ContentBlock{text("<document name=\"paper\">\n20 days\n</document>\n")}},
		"text, with context and citations": {[]bedrock.ContentBlock{paper("txt", bedrock.DocumentSource{Text: new("20 days.")}, context, citedBlock)},
			[]bedrock.ContentBlock{text("<document name=\"paper\">\n<context>From 2024</context>\n20 days.\n</document>\nWhen your answer draws on this, quote its exact words.\n")}},
		"chunks": {[]bedrock.ContentBlock{paper("txt", bedrock.DocumentSource{Content: []bedrock.DocumentContentBlock{{Text: new("One.")}, {Text: new("Two.")}}})},
			[]bedrock.ContentBlock{text("<document name=\"paper\">\nOne.\nTwo.\n</document>\n")}},
		"no text": {[]bedrock.ContentBlock{paper("txt", txt(" "))},
			[]bedrock.ContentBlock{text("<document name=\"paper\">\n \n[This document holds no text that can be read. Its pages may be images.]\n</document>\n")}},
		"a search result": {[]bedrock.ContentBlock{{SearchResult: found}},
			[]bedrock.ContentBlock{text("<search_result title=\"Leave\" source=\"https://example.com/leave\">\n20 days.\nAsk first.\n</search_result>\n")}},
		"in a tool's result": {[]bedrock.ContentBlock{result(bedrock.ToolResultContentBlock{Document: paper("txt", txt("20 days.")).Document},
			bedrock.ToolResultContentBlock{Text: new("a")}, bedrock.ToolResultContentBlock{SearchResult: found})},
			[]bedrock.ContentBlock{result(bedrock.ToolResultContentBlock{Text: new("<document name=\"paper\">\n20 days.\n</document>\n")},
				bedrock.ToolResultContentBlock{Text: new("a")},
				bedrock.ToolResultContentBlock{Text: new("<search_result title=\"Leave\" source=\"https://example.com/leave\">\n20 days.\nAsk first.\n</search_result>\n")})}},
		"an answer that cited": {[]bedrock.ContentBlock{text("You have "), {CitationsContent: &bedrock.CitationsContentBlock{
			Content: []bedrock.CitationGeneratedContent{{Text: new("20 days.")}}, Citations: []bedrock.Citation{{Title: new("paper")}},
		}}, {CitationsContent: &bedrock.CitationsContentBlock{}}}, []bedrock.ContentBlock{text("You have "), text("20 days.")}},
	} {
		t.Run(name, func(t *testing.T) {
			req := asked(test.given...)
			if d := cmp.Diff(asked(test.want...), ask(t, req)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(asked(test.given...), req); d != "" {
				t.Errorf("the request itself changed: %s", d)
			}
		})
	}
}

// TestCarryItself leaves documents to a provider that knows them.
func TestCarryItself(t *testing.T) {
	req := asked(text("Hi"), paper("pdf", bedrock.DocumentSource{Bytes: []byte("no pdf")}))
	p := &reading{}
	for _, err := range documentRoute(t, p).Converse(t.Context(), req, new(pipeline.Timing)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if p.call.Request != req {
		t.Errorf("the provider got another request: %+v", p.call.Request)
	}
}

// plain carries pdf and plain text.
type plain struct{ noted }

func (*plain) Abilities(string) provider.Abilities {
	return provider.Abilities{Documents: true, PlainDocuments: true}
}

// TestCarryPlain makes plain documents of those that a provider does not take.
func TestCarryPlain(t *testing.T) {
	bytes := func(words string) bedrock.DocumentSource { return bedrock.DocumentSource{Bytes: []byte(words)} }
	given := []bedrock.ContentBlock{
		paper("pdf", bytes("its business")), paper("txt", bytes("text"), citedBlock), paper("html", bytes("<b>20</b> days"), citedBlock),
		paper("csv", bytes("a,b")), paper("txt", bytes("Z\xfcrich")),
		paper("md", bedrock.DocumentSource{Text: new("# A")}),
		result(bedrock.ToolResultContentBlock{Document: paper("md", bytes("# B")).Document}),
		{SearchResult: &bedrock.SearchResultBlock{}},
		{CitationsContent: &bedrock.CitationsContentBlock{}},
	}
	now := func(words string) bedrock.DocumentSource { return bedrock.DocumentSource{Text: &words} }
	want := []bedrock.ContentBlock{
		given[0], given[1], paper("txt", now("20 days"), citedBlock), paper("txt", now("a,b")), paper("txt", now("Zürich")), given[5],
		result(bedrock.ToolResultContentBlock{Document: paper("txt", now("# B")).Document}),
		given[7], given[8],
	}
	p := &plain{}
	for _, err := range documentRoute(t, p).Converse(t.Context(), asked(given...), new(pipeline.Timing)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(asked(want...), p.call.Request); d != "" {
		t.Error(d)
	}
}

// TestCarryCounts counts the text that is answered, and reads a document once for
// both.
func TestCarryCounts(t *testing.T) {
	p := &counting{}
	to := documentRoute(t, p)
	if !to.Abilities().Documents {
		t.Error("documents are not carried")
	}
	req := asked(text("Hi"), paper("txt", bedrock.DocumentSource{Bytes: []byte("20 days.")}))
	if n, err := to.CountTokens(t.Context(), req); n != 42 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	counted := p.call.Request
	for range to.ConverseStream(t.Context(), req, new(pipeline.Timing)) {
	}
	if p.call.Request != counted || counted == req || !strings.Contains(*counted.Messages[0].Content[1].Text, "20 days.") {
		t.Errorf("counted %+v, answered %+v", counted, p.call.Request)
	}
}

// TestCarryRefuses says what is wrong with a document, before anything is asked.
func TestCarryRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		block bedrock.ContentBlock
		want  string
	}{
		"a broken document": {paper("pdf", bedrock.DocumentSource{Bytes: []byte("no pdf")}),
			"The model returned the following errors: messages.0.content.1.source.bytes: The document source bytes could not be parsed as the specified format. If using a text-based format, try source.text instead of source.bytes."},
		"a broken document in a result": {result(bedrock.ToolResultContentBlock{Document: paper("xlsx", bedrock.DocumentSource{Bytes: []byte("x")}).Document}),
			"The model returned the following errors: messages.0.content.1.toolResult.content.0.source.bytes: The document source bytes could not be parsed as the specified format. If using a text-based format, try source.text instead of source.bytes."},
		"a large document": {paper("txt", bedrock.DocumentSource{Bytes: make([]byte, document.MaxSize+1)}),
			"The maximum document size is 4.5 MB. Reduce the size of your document and retry your request."},
		"a document in S3": {paper("txt", bedrock.DocumentSource{S3Location: &bedrock.S3Location{Uri: new("s3://a/b")}}),
			"This model doesn't support the s3Uri field. Remove s3Uri and try again."},
	} {
		p := &counting{}
		to := documentRoute(t, p)
		req := asked(text("Hi"), test.block)
		var last error
		for _, err := range to.Converse(t.Context(), req, new(pipeline.Timing)) {
			last = err
		}
		_, counted := to.CountTokens(t.Context(), req)
		for _, err := range []error{last, counted} {
			if invalid, ok := errors.AsType[*bedrock.ValidationException](err); !ok || invalid.Message != test.want {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if p.call.Request != nil {
			t.Errorf("%s: the provider was asked", name)
		}
	}
}

// TestCarryEnds tells a caller that left from a document that is broken.
func TestCarryEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := documentRoute(t, &counting{}).CountTokens(ctx, asked(paper("txt", bedrock.DocumentSource{Bytes: []byte("x")})))
	if _, ok := errors.AsType[*bedrock.ServiceUnavailableException](err); !ok {
		t.Errorf("got %v", err)
	}
}
