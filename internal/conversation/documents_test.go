package conversation_test

import (
	"bytes"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

// paper is a document of a name.
func paper(name string) bedrock.ContentBlock {
	return bedrock.ContentBlock{Document: &bedrock.DocumentBlock{
		Name: &name, Format: bedrock.DocumentFormatTxt, Source: &bedrock.DocumentSource{Bytes: []byte("x")},
	}}
}

// sized is a document whose source is of this form.
func sized(source bedrock.DocumentSource) bedrock.ContentBlock {
	block := paper("big")
	block.Document.Source = &source
	return block
}

const documentLimit = 4718592

// TestDocuments holds documents to the service's rules about all of them, in its
// texts.
func TestDocuments(t *testing.T) {
	inResult := func(blocks ...bedrock.ContentBlock) *bedrock.ConverseRequest {
		result := &bedrock.ToolResultBlock{ToolUseId: new("t1")}
		for _, block := range blocks {
			result.Content = append(result.Content, bedrock.ToolResultContentBlock{Document: block.Document})
		}
		req := talk(user(hi), assistant(bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: new("t1"), Name: new("a")}}),
			user(bedrock.ContentBlock{ToolResult: result}))
		req.ToolConfig = &bedrock.ToolConfiguration{}
		return req
	}
	cited := paper("a")
	cited.Document.Citations = &bedrock.CitationsConfig{Enabled: new(true)}
	const (
		count = "You can't include more than 5 documents in a request."
		size  = "The maximum document size is 4.5 MB. Reduce the size of your document and retry your request."
		alone = "A text block must be included when using documents. Add a text block and retry your request."
		twice = "Messages can't contain duplicate document names."
	)
	five := []bedrock.ContentBlock{hi, paper("1"), paper("2"), paper("3"), paper("4"), paper("5")}
	for name, test := range map[string]struct {
		req  *bedrock.ConverseRequest
		want string
	}{
		"a document":                     {talk(user(hi, paper("a"))), ""},
		"a cited document":               {talk(user(hi, cited)), ""},
		"five":                           {talk(user(five...)), ""},
		"six":                            {talk(user(append(five, paper("6"))...)), count},
		"six over turns":                 {talk(user(five...), assistant(hi), user(hi, paper("6"))), count},
		"without text":                   {talk(user(paper("a"))), alone},
		"without text in its message":    {talk(user(hi), assistant(hi), user(paper("a"))), alone},
		"twice":                          {talk(user(hi, paper("a"), paper("a"))), twice},
		"twice over turns":               {talk(user(hi, paper("a")), assistant(hi), user(hi, paper("a"))), twice},
		"of an assistant":                {talk(user(hi), assistant(hi, paper("a")), user(hi)), "The document content block at messages.1.content.1 can only be included in user messages. Move the content block to a user message and try again."},
		"as large as may be":             {talk(user(hi, sized(bedrock.DocumentSource{Bytes: make([]byte, documentLimit)}))), ""},
		"too large":                      {talk(user(hi, sized(bedrock.DocumentSource{Bytes: make([]byte, documentLimit+1)}))), size},
		"too much text":                  {talk(user(hi, sized(bedrock.DocumentSource{Text: new(string(bytes.Repeat([]byte("x"), documentLimit+1)))}))), size},
		"too many chunks":                {talk(user(hi, sized(bedrock.DocumentSource{Content: []bedrock.DocumentContentBlock{{Text: new(string(make([]byte, documentLimit)))}, {Text: new("x")}}}))), size},
		"in a result":                    {inResult(paper("a")), ""},
		"in a result, with others":       {inResult(five[1:]...), ""},
		"in a result, cited":             {inResult(cited), "Citations are not supported in tool result documents."},
		"in a result, with a wrong name": {inResult(paper("a.pdf")), documentName},
		"in a result, too many":          {inResult(append(five, paper("6"))[1:]...), count},
		"named twice in results":         {inResult(paper("a"), paper("a")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, conversation.Rules{Model: able(), Provider: every}.Check(test.req), test.want)
		})
	}
}

const documentName = "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. " +
	"The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request."

// TestDocumentNames are names that users report as taken or refused.
func TestDocumentNames(t *testing.T) {
	for name, want := range map[string]string{
		"report": "", "Report 2024 (final) [2]": "", "company_policy": "", "test__name": "", " report ": "",
		"cv.pdf": documentName, "two  spaces": documentName, "a\tb": documentName, "a\u3000b": documentName, "a\nb": documentName,
		"résumé": documentName, "John's": documentName, "invoice #1": documentName,
	} {
		refused(t, conversation.Rules{Model: able(), Provider: every}.Check(talk(user(hi, paper(name)))), want)
	}
}

// TestSearchResults come with the ability for documents, as do the citations of
// an answer in the history.
func TestSearchResults(t *testing.T) {
	found := bedrock.ContentBlock{SearchResult: &bedrock.SearchResultBlock{Source: new("a"), Title: new("b")}}
	answered := bedrock.ContentBlock{CitationsContent: &bedrock.CitationsContentBlock{}}
	req := talk(user(hi, found), assistant(answered), user(hi))
	refused(t, conversation.Rules{Model: able(), Provider: every}.Check(req), "")
	refused(t, conversation.Rules{Model: strict(), Provider: every}.Check(req), noBlock("searchResult"))
	inResult := talk(user(bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{Content: []bedrock.ToolResultContentBlock{{SearchResult: found.SearchResult}}}}))
	inResult.ToolConfig = &bedrock.ToolConfiguration{}
	model := able()
	model.Abilities.Documents = false
	refused(t, conversation.Rules{Model: model, Provider: every}.Check(inResult), noBlock("searchResult"))
}
