package llamacpp

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// offered gives the tools of which the answer must call one, or none if it may be
// words. A choice of any tool, or of one, is an order. Automatic is left to a model
// whose chat template knows tools. A model that was never trained for them calls
// whenever it is offered a call, even when it is greeted, so it is offered those
// tools alone that the user's own words name, and none once a result is there to
// be told. docs/adr/0010-tools-without-training.md has the measurements.
func offered(request *bedrock.ConverseRequest, trained bool) []*bedrock.ToolSpecification {
	config := request.ToolConfig
	if config == nil {
		return nil
	}
	var specs []*bedrock.ToolSpecification
	for _, tool := range config.Tools {
		if spec := tool.ToolSpec; spec != nil && spec.Name != nil && spec.InputSchema != nil {
			specs = append(specs, spec)
		}
	}
	choice := config.ToolChoice
	switch {
	case choice != nil && choice.Any != nil:
		return specs
	case choice != nil && choice.Tool != nil && choice.Tool.Name != nil:
		return slices.DeleteFunc(specs, func(spec *bedrock.ToolSpecification) bool { return *spec.Name != *choice.Tool.Name })
	case trained:
		return nil
	}
	text := asked(request)
	return slices.DeleteFunc(specs, func(spec *bedrock.ToolSpecification) bool { return !names(text, spec) })
}

// asked is what the user says last, empty if that is the result of a tool.
func asked(request *bedrock.ConverseRequest) string {
	if len(request.Messages) == 0 {
		return ""
	}
	var texts []string
	for _, block := range request.Messages[len(request.Messages)-1].Content {
		switch {
		case block.ToolResult != nil:
			return ""
		case block.Text != nil:
			texts = append(texts, *block.Text)
		}
	}
	return strings.Join(texts, " ")
}

// names says whether a text has a word of a tool's name or description.
func names(text string, spec *bedrock.ToolSpecification) bool {
	about := *spec.Name
	if spec.Description != nil {
		about += " " + *spec.Description
	}
	known := map[string]bool{}
	for _, word := range words(about) {
		known[word] = true
	}
	return slices.ContainsFunc(words(text), func(word string) bool { return known[word] })
}

// fillers are the English words that say nothing about a subject, as far as
// questions and descriptions of tools are made of them.
const fillers = " a about an and are as at be been by can could current did do does for from get give has have how " +
	"i if in is it its me my now of on one or our please some tell that the their there this to use used uses using was " +
	"we were what when where which who why will with would you your "

// words gives the words of a text that name its subject, without their endings.
// A name is taken apart at its underscores and capitals.
func words(text string) []string {
	var spaced strings.Builder
	last := ' '
	for _, r := range text {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
		last = r
	}
	found := strings.FieldsFunc(spaced.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	found = slices.DeleteFunc(found, func(word string) bool { return strings.Contains(fillers, " "+word+" ") })
	for i, word := range found {
		found[i] = stem(word)
	}
	return found
}

// stem cuts an English ending off a word.
func stem(word string) string {
	const shortest = 3
	for _, ending := range []string{"ings", "ing", "ed", "es", "s"} {
		if rest, ok := strings.CutSuffix(word, ending); ok && len(rest) >= shortest {
			return rest
		}
	}
	return word
}

// callsInWords gives messages in which tools were never called: the user says what
// they found out. A model without training copies the calls that it sees, and
// tells results best that stand beside the question.
func callsInWords(messages []openai.Message) []openai.Message {
	inWords := make([]openai.Message, 0, len(messages))
	called := map[string]openai.FunctionCall{}
	for i, m := range messages {
		for _, call := range m.ToolCalls {
			called[call.ID] = call.Function
		}
		if len(m.ToolCalls) > 0 && len(m.Content) == 0 {
			continue
		}
		if m.Role == "tool" {
			call := called[m.ToolCallID]
			text := fmt.Sprintf("%s %s says: %s", call.Name, call.Arguments, m.Content.Text())
			if i+1 == len(messages) || messages[i+1].Role != "tool" {
				text += fmt.Sprintf("\nAnswer the question with what %s says.", call.Name)
			}
			m.Role, m.Content = "user", openai.TextContent(text)
		}
		m.ToolCalls, m.ToolCallID = nil, ""
		inWords = append(inWords, m)
	}
	return inWords
}
