package saprolitetest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/saprolite/saprolite/saprolitetest"
)

// greet is what is to be tested.
func greet(ctx context.Context, client *bedrockruntime.Client, name string) (string, error) {
	answer, err := client.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId: aws.String("amazon.nova-lite-v1:0"),
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Greet " + name}},
		}},
	})
	if err != nil {
		return "", err
	}
	message, ok := answer.Output.(*types.ConverseOutputMemberMessage)
	if !ok || len(message.Value.Content) == 0 {
		return "", fmt.Errorf("an empty answer")
	}
	text, ok := message.Value.Content[0].(*types.ContentBlockMemberText)
	if !ok {
		return "", fmt.Errorf("an answer without text")
	}
	return text.Value, nil
}

// This is the body of a test, and t its *testing.T.
func Example() {
	inTest(func(t testing.TB) {
		server := saprolitetest.Start(t, `
rules:
  - when: {text: {regexp: "Greet (?P<name>.+)"}}
    reply: Hello, ${name}!
`)
		fmt.Println(greet(context.Background(), server.Client(), "Ada"))
	})
	// Output: Hello, Ada! <nil>
}
