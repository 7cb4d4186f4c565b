package main

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// kit is a set of tools, and what users say to a program that has them.
type kit struct {
	tools []tool
	// needs are questions and the tool that they need; chat needs none.
	needs []need
	chat  []string
}

type tool struct {
	name, description, schema string
}

type need struct{ text, tool string }

// spec is the tool as the SDK has it.
func (t tool) spec() (types.Tool, error) {
	var schema any
	if err := json.Unmarshal([]byte(t.schema), &schema); err != nil {
		return nil, err
	}
	return &types.ToolMemberToolSpec{Value: types.ToolSpecification{
		Name: aws.String(t.name), Description: aws.String(t.description),
		InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(schema)},
	}}, nil
}

// kits are what is asked.
func kits() []kit {
	return []kit{
		{
			tools: []tool{
				{"get_weather", "Get the current weather of a city", `{"type":"object","properties":{"city":{"type":"string","minLength":1,"maxLength":40},"unit":{"enum":["c","f"]}},"required":["city"],"additionalProperties":false}`},
				{"add", "Add two numbers", `{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"],"additionalProperties":false}`},
				{"search_web", "Search the web for a query", `{"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":60}},"required":["query"],"additionalProperties":false}`},
			},
			needs: []need{
				{"What is the weather in Paris?", "get_weather"}, {"What is 3 plus 4?", "add"},
				{"How warm is it in Oslo in celsius?", "get_weather"}, {"Search the web for llamas.", "search_web"},
				{"Add 17 and 25.", "add"}, {"Is it raining in Tokyo right now?", "get_weather"},
				{"Look up the newest Go release on the web.", "search_web"}, {"Please compute the sum of 12.5 and 7.", "add"},
			},
			chat: []string{
				"Hello!", "What is the capital of France?", "Tell me a joke.", "Thank you, bye.",
				"Write a poem about the sea.", "Who are you?", "Explain what a noun is.", "Why is the sky blue?",
			},
		},
		{
			tools: []tool{
				{"get_stock_price", "Look up the current price of a stock by its ticker symbol", `{"type":"object","properties":{"ticker":{"type":"string","pattern":"^[A-Z]{1,5}$"}},"required":["ticker"],"additionalProperties":false}`},
				{"send_email", "Send an email to a person", `{"type":"object","properties":{"to":{"type":"string","maxLength":40},"subject":{"type":"string","maxLength":40},"body":{"type":"string","maxLength":80},"priority":{"enum":["low","normal","high"]}},"required":["to","subject","body"],"additionalProperties":false}`},
			},
			needs: []need{
				{"What is the price of AAPL?", "get_stock_price"}, {"Send an email to Bob saying that I am late.", "send_email"},
				{"How much does a share of TSLA cost now?", "get_stock_price"}, {"Email alice the subject Hi and the text Lunch?", "send_email"},
				{"Get me the stock price of MSFT.", "get_stock_price"}, {"Write to Carol that the meeting moved.", "send_email"},
			},
			chat: []string{
				"Hi there", "What is photosynthesis?", "Give me three names for a cat.",
				"Translate 'good morning' to Spanish.", "How are you?", "What does HTTP stand for?",
			},
		},
		{
			tools: []tool{
				{"get_order_status", "Get the status of a customer's order", `{"type":"object","properties":{"order_id":{"type":"string","maxLength":20}},"required":["order_id"],"additionalProperties":false}`},
				{"book_flight", "Book a flight between two cities on a date", `{"type":"object","properties":{"legs":{"type":"array","minItems":1,"maxItems":2,"items":{"$ref":"#/$defs/leg"}},"passengers":{"type":"integer","minimum":1,"maximum":9}},"required":["legs"],"additionalProperties":false,` +
					`"$defs":{"leg":{"type":"object","properties":{"origin":{"type":"string","maxLength":20},"destination":{"type":"string","maxLength":20}},"required":["origin","destination"],"additionalProperties":false}}}`},
			},
			needs: []need{
				{"Where is my order 12345?", "get_order_status"}, {"Book a flight from Berlin to Rome on Friday.", "book_flight"},
				{"What is the status of order A-77?", "get_order_status"}, {"I need to fly from Oslo to Madrid on 2026-12-01.", "book_flight"},
				{"Has order 991 been shipped?", "get_order_status"},
			},
			chat: []string{
				"Good evening", "Tell me about the Roman Empire.", "What is a haiku?", "Count to five.", "I like music.", "What is the largest planet?",
			},
		},
	}
}
