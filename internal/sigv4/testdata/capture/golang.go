package main

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	keyID        = "SAPROLITELOCALDEVKEY"
	secret       = "local-development-only-secret-key-000000"
	sessionToken = "IQoJb3JpZ2luX2VjEND//a+session/token=="
)

// callByGo sends the requests of the SDK for Go.
func callByGo(ctx context.Context, endpoint string) error {
	for _, token := range []string{"", sessionToken} {
		provider := credentials.NewStaticCredentialsProvider(keyID, secret, token)
		client := bedrockruntime.New(bedrockruntime.Options{
			BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: provider, RetryMaxAttempts: 1, AppID: "capture",
		})
		// What the client makes of the answer does not matter.
		_, _ = client.Converse(ctx, &bedrockruntime.ConverseInput{
			ModelId: new("anthropic.claude-3-haiku-20240307-v1:0"),
			Messages: []types.Message{{
				Role:    types.ConversationRoleUser,
				Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Über  café"}},
			}},
		})
		_, _ = client.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{
			ModelId: new("amazon.titan-text-lite-v1"), Body: []byte(`{"inputText":"hi"}`), Accept: new("*/*"),
			ContentType: new("application/json"), GuardrailIdentifier: new("abcdefgh1234"), GuardrailVersion: new("1"),
		})
		_, _ = client.ListAsyncInvokes(ctx, &bedrockruntime.ListAsyncInvokesInput{NextToken: new("a+b/c==  é~*'()!"), MaxResults: new(int32(3))})

		presigned, err := sts.NewPresignClient(sts.New(sts.Options{BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: provider})).
			PresignGetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return err
		}
		response, err := http.Get(presigned.URL)
		if err != nil {
			return err
		}
		response.Body.Close()
	}
	return nil
}
