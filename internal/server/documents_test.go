package server_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

// clerk carries text alone, and says what it finds behind the words "leave: ".
type clerk struct{}

func (clerk) Converse(_ context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Text("It says: ")
		_, after, _ := strings.Cut(clerkRead(call), "Leave policy\n")
		line, _, _ := strings.Cut(after, "\n")
		w.Text(line)
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: int32(len(clerkRead(call))), OutputTokens: 2})
	}
}

func (clerk) CountTokens(_ context.Context, call provider.Call) (int32, error) {
	return int32(len(clerkRead(call))), nil
}

// clerkRead is all the text of a call.
func clerkRead(call provider.Call) string {
	var all strings.Builder
	for _, message := range call.Request.Messages {
		for _, block := range message.Content {
			all.WriteString(*block.Text)
		}
	}
	return all.String()
}

// readPaper gives a document of the tests of package document.
func readPaper(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("../document/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestDocuments carries a document by every operation to a model that reads text,
// and the citations of its answer back.
func TestDocuments(t *testing.T) {
	doc, pdf := readPaper(t, "leave.doc"), readPaper(t, "leave.pdf")
	model := serve(t, server.New(options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), clerk{}))).URL + "/model/" + claude
	converse := fmt.Sprintf(`{"messages":[{"role":"user","content":[{"text":"How many days?"},{"document":{"format":"doc","name":"leave","source":{"bytes":%q},"citations":{"enabled":true}}}]}]}`,
		base64.StdEncoding.EncodeToString(doc))
	native := fmt.Sprintf(`{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"How many days?"},`+
		`{"type":"document","title":"leave","citations":{"enabled":true},"source":{"type":"base64","media_type":"application/pdf","data":%q}}]}]}`,
		base64.StdEncoding.EncodeToString(pdf))
	quoted := "Employees get 20 days of annual leave. Überstunden werden in Zürich ausgeglichen."
	for name, test := range map[string]struct {
		path, body string
		want       []string
	}{
		"Converse": {"/converse", converse, []string{`{"text":"It says: "},{"citationsContent":{"citations":[{"location":{"documentChar":{"documentIndex":0,"end":51,"start":13}},` +
			`"sourceContent":[{"text":"Employees get 20 days of annual leave."}],"title":"leave"}],"content":[{"text":"Employees get 20 days of annual leave."}]}}`}},
		"ConverseStream": {"/converse-stream", converse, []string{`"delta":{"text":"It says: "}`, `"delta":{"citation":{"location":{"documentChar":`, `"delta":{"text":"Employees get 20 days of annual leave."}`}},
		"InvokeModel":    {"/invoke", native, []string{`"type":"page_location"`, `"start_page_number":1`, `"text":"Employees get 20 days of annual leave."`}},
		"CountTokens":    {"/count-tokens", `{"input":{"converse":` + converse + `}}`, []string{`{"inputTokens":`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, newClient(t, http1), model+test.path, test.body)
			if got.status != 200 {
				t.Fatalf("status %d: %s", got.status, got.body)
			}
			for _, want := range test.want {
				if !strings.Contains(string(got.body), want) {
					t.Errorf("no %s in %s", want, got.body)
				}
			}
			if name == "Converse" && !strings.Contains(string(got.body), strings.TrimPrefix(quoted, "Employees get 20 days of annual leave. ")) {
				t.Errorf("the second sentence is missing: %s", got.body)
			}
		})
	}
	for _, path := range []string{"/converse", "/converse-stream"} {
		got := post(t, newClient(t, http1), model+path, strings.Replace(converse, `"doc"`, `"xlsx"`, 1))
		if got.status != 400 || !strings.Contains(string(got.body), "messages.0.content.1.source.bytes: The document source bytes could not be parsed as the specified format.") {
			t.Errorf("%s, broken: %d %s", path, got.status, got.body)
		}
	}
}
