package openai

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// answerFormat watches an answer that has to be JSON: not every server holds its
// model to the schema.
type answerFormat struct {
	wanted bool
	text   strings.Builder
}

func formatOf(request *bedrock.ConverseRequest) answerFormat {
	return answerFormat{wanted: request.OutputConfig != nil && request.OutputConfig.TextFormat != nil}
}

func (f *answerFormat) add(text string) {
	if f.wanted && f.text.Len()+len(text) <= maxBody {
		f.text.WriteString(text)
	}
}

// broken says whether the whole answer is not the JSON that it has to be.
func (f *answerFormat) broken() bool {
	return f.wanted && !jsontext.Value(f.text.String()).IsValid()
}
