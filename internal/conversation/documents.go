package conversation

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/document"
)

// maxDocuments is how many documents the service takes in a request.
const maxDocuments = 5

// The service's texts for documents that it would take, were they other ones.
// They come from reports of users.
const (
	documentName = "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. " +
		"The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request."
	documentSize  = "The maximum document size is 4.5 MB. Reduce the size of your document and retry your request."
	documentCount = "You can't include more than 5 documents in a request."
	documentTwice = "Messages can't contain duplicate document names."
	documentAlone = "A text block must be included when using documents. Add a text block and retry your request."
	resultCited   = "Citations are not supported in tool result documents."
)

// documents says whether the model takes documents and what goes with them:
// search results, and the citations of an earlier answer.
func (r Rules) documents() bool { return r.Model.Abilities.Documents && r.Provider.Documents }

// checkDocument refuses documents in S3 as the models do that cannot fetch them:
// with their own error about the native body, not with the one for images.
func (r Rules) checkDocument(block *bedrock.DocumentBlock, at string) error {
	switch {
	case !r.documents():
		return unsupportedBlock("document")
	case block.Source != nil && block.Source.S3Location != nil && !r.Model.S3Locations:
		return invalid("The model returned the following errors: %s.document.source.type: Field required", at)
	}
	return nil
}

// checkDocuments holds the documents of a conversation together to the rules.
func (r Rules) checkDocuments(req *bedrock.ConverseRequest) error {
	count, names := 0, map[string]bool{}
	for i, message := range req.Messages {
		beside, texts := 0, 0
		for j := range message.Content {
			block := &message.Content[j]
			switch {
			case block.Text != nil:
				texts++
			case block.Document != nil:
				beside++
				if message.Role != bedrock.ConversationRoleUser {
					return invalid("The document content block at messages.%d.content.%d can only be included in user messages. Move the content block to a user message and try again.", i, j)
				}
				if err := checkOneDocument(block.Document, names); err != nil {
					return err
				}
			case block.ToolResult != nil:
				inside, err := checkResultDocuments(block.ToolResult)
				if count += inside; err != nil {
					return err
				}
			}
		}
		if count += beside; count > maxDocuments {
			return invalid(documentCount)
		}
		if beside > 0 && texts == 0 {
			return invalid(documentAlone)
		}
	}
	return nil
}

// checkResultDocuments counts the documents in a tool's result.
func checkResultDocuments(result *bedrock.ToolResultBlock) (count int, err error) {
	for _, content := range result.Content {
		if content.Document == nil {
			continue
		}
		count++
		if cites(content.Document.Citations) {
			return count, invalid(resultCited)
		}
		// The names of results need not differ: only those of messages do.
		if err := checkOneDocument(content.Document, map[string]bool{}); err != nil {
			return count, err
		}
	}
	return count, nil
}

// checkOneDocument holds a document to the rules, and notes its name.
func checkOneDocument(block *bedrock.DocumentBlock, names map[string]bool) error {
	name := ""
	if block.Name != nil {
		name = *block.Name
	}
	switch {
	case !validDocumentName(name):
		return invalid(documentName)
	case names[name]:
		return invalid(documentTwice)
	case documentLength(block.Source) > document.MaxSize:
		return invalid(documentSize)
	}
	names[name] = true
	return nil
}

func documentLength(source *bedrock.DocumentSource) int {
	if source == nil {
		return 0
	}
	length := len(source.Bytes)
	if source.Text != nil {
		length += len(*source.Text)
	}
	for _, chunk := range source.Content {
		if chunk.Text != nil {
			length += len(*chunk.Text)
		}
	}
	return length
}

// validDocumentName says whether the service takes a name: letters and digits of
// ASCII, single spaces, and - ( ) [ ]. The underscore is taken too, although the
// error does not list it; tabulators and other white space are not.
func validDocumentName(name string) bool {
	return !strings.Contains(name, "  ") && !strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return false
		}
		return !strings.ContainsRune(" -()[]_", r)
	})
}

func cites(config *bedrock.CitationsConfig) bool {
	return config != nil && config.Enabled != nil && *config.Enabled
}
