package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// traceID is that of the trace which the requests without an SDK are in.
const traceID = "0af7651916cd43dd8448eb211c80319c"

// callers ask a program in every way, and count their requests.
type callers struct {
	t        *testing.T
	endpoint string
	count    int
	// answers are the bodies of all answers.
	answers bytes.Buffer
}

// RoundTrip sends a request over HTTP/2, and counts it.
func (c *callers) RoundTrip(r *http.Request) (*http.Response, error) {
	c.count++
	transport := &http.Transport{Protocols: new(http.Protocols), DisableKeepAlives: true}
	transport.Protocols.SetUnencryptedHTTP2(true)
	c.t.Cleanup(transport.CloseIdleConnections)
	answer, err := transport.RoundTrip(r)
	if err == nil {
		answer.Body = &kept{answer.Body, &c.answers}
	}
	return answer, err
}

// kept is a body of which a copy is kept.
type kept struct {
	io.ReadCloser
	copy *bytes.Buffer
}

func (k *kept) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	k.copy.Write(p[:n])
	return n, err
}

// callAll gives the secrets that it was handed.
func (c *callers) callAll() []string {
	alice := credentials.NewStaticCredentialsProvider(aliceKey, aliceSecret, "")
	c.converse(alice, nil)
	c.converse(credentials.NewStaticCredentialsProvider(bobKey, bobSecret, ""), refused)
	c.converse(credentials.NewStaticCredentialsProvider(aliceKey, wrongSecret, ""), refused)
	c.converse(credentials.NewStaticCredentialsProvider("ASIALEAKTESTNOBODY01", wrongSecret, wrongToken), refused)
	c.conversations(alice)
	made := c.assume(alice)
	for authorization, status := range map[string]int{
		"Bearer " + aliceAPIKey: 200, "Bearer " + wrongAPIKey: 403, "Bearer bedrock-api-key-" + wrongAPIKey: 403, "Basic " + otherScheme: 403,
		"AWS4-HMAC-SHA256 Credential=" + otherScheme: 403, "": 403,
	} {
		c.post("/model/amazon.nova-lite-v1%3A0/converse", authorization, status, `{"messages":[{"role":"user","content":[{"text":"`+prompt+`"}]}]}`)
	}
	c.invalid()
	c.post("/model/amazon.nova-lite-v1%3A0/converse?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+aliceKey+"%2F20260101%2Fus-east-1%2Fbedrock%2Faws4_request"+
		"&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature="+wrongSignature+"&X-Amz-Security-Token="+wrongToken, "", 403, "{}")
	c.post("/", "", 400, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=x&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fbatch&WebIdentityToken="+webToken)
	return made
}

// outcome judges the error of a call.
type outcome func(error) bool

func refused(err error) bool { return err != nil }

func (c *callers) judge(what string, err error, want outcome) {
	c.t.Helper()
	if want == nil {
		want = func(err error) bool { return err == nil }
	}
	if !want(err) {
		c.t.Errorf("%s: %v", what, err)
	}
}

func (c *callers) runtime(who aws.CredentialsProvider) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: &c.endpoint, Region: "us-east-1", Credentials: who, HTTPClient: &http.Client{Transport: c}, Retryer: aws.NopRetryer{},
	})
}

// converse asks with all that a conversation may hold.
func (c *callers) converse(who aws.CredentialsProvider, want outcome) {
	c.t.Helper()
	text := func(text string) types.ContentBlock { return &types.ContentBlockMemberText{Value: text} }
	_, err := c.runtime(who).Converse(c.t.Context(), &bedrockruntime.ConverseInput{
		ModelId: aws.String("anthropic.claude-3-haiku-20240307-v1:0"),
		System:  []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: system}},
		Messages: []types.Message{
			{Role: "user", Content: []types.ContentBlock{text(prompt), &types.ContentBlockMemberDocument{Value: types.DocumentBlock{
				Name: aws.String("notes"), Format: "txt", Source: &types.DocumentSourceMemberBytes{Value: []byte(attached)},
			}}}},
			{Role: "assistant", Content: []types.ContentBlock{&types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{
				Name: aws.String("search"), ToolUseId: aws.String("t1"), Input: document.NewLazyDocument(map[string]any{"query": toolInput}),
			}}}},
			{Role: "user", Content: []types.ContentBlock{&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
				ToolUseId: aws.String("t1"), Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: toolReply}},
			}}}},
		},
		ToolConfig: &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name: aws.String("search"), InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{"type": "object"})},
		}}}},
		InferenceConfig: &types.InferenceConfiguration{StopSequences: []string{stopWord}},
	})
	c.judge("a conversation", err, want)
}

// conversations end in every way, whole and streamed.
func (c *callers) conversations(who aws.CredentialsProvider) {
	client := c.runtime(who)
	for _, test := range []struct {
		model, text string
		whole       outcome
	}{
		{"amazon.nova-lite-v1:0", prompt, nil}, {"amazon.nova-lite-v1:0", prompt + " tool", nil}, {"amazon.nova-lite-v1:0", prompt + " fail", refused},
		{"amazon.nova-lite-v1:0", prompt + " throttle", refused}, {"amazon.nova-lite-v1:0", prompt + " break", refused},
		{"amazon.nova-pro-v1:0", prompt, refused}, {"amazon.nova-micro-v1:0", prompt, refused}, {"anthropic.claude-3-sonnet-20240229-v1:0", prompt, refused},
		{"acme.nothing", prompt, refused},
	} {
		messages := []types.Message{{Role: "user", Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: test.text}}}}
		_, err := client.Converse(c.t.Context(), &bedrockruntime.ConverseInput{ModelId: &test.model, Messages: messages})
		c.judge(test.model+" "+test.text, err, test.whole)
		answer, err := client.ConverseStream(c.t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: &test.model, Messages: messages})
		if err == nil {
			for range answer.GetStream().Events() {
			}
			err = answer.GetStream().Err()
		}
		c.judge(test.model+" streamed "+test.text, err, test.whole)
	}
	native := []byte(`{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"system":"` + system + `","messages":[{"role":"user","content":"` + prompt + `"}]}`)
	_, err := client.InvokeModel(c.t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String("anthropic.claude-3-haiku-20240307-v1:0"), Body: native})
	c.judge("a native body", err, nil)
	stream, err := client.InvokeModelWithResponseStream(c.t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: aws.String("anthropic.claude-3-haiku-20240307-v1:0"), Body: native})
	if err == nil {
		for range stream.GetStream().Events() {
		}
		err = stream.GetStream().Err()
	}
	c.judge("a native body, streamed", err, nil)
}

// assume becomes a role, asks as one, and gives its secrets.
func (c *callers) assume(who aws.CredentialsProvider) []string {
	client := func(who aws.CredentialsProvider) *sts.Client {
		return sts.New(sts.Options{BaseEndpoint: &c.endpoint, Region: "us-east-1", Credentials: who, HTTPClient: &http.Client{Transport: c}, Retryer: aws.NopRetryer{}})
	}
	role := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/batch"), RoleSessionName: aws.String("job")}
	_, err := client(credentials.NewStaticCredentialsProvider(bobKey, bobSecret, "")).AssumeRole(c.t.Context(), role)
	c.judge("a role for bob", err, refused)
	answer, err := client(who).AssumeRole(c.t.Context(), role)
	if err != nil {
		c.t.Fatal(err)
	}
	given := answer.Credentials
	c.converse(credentials.NewStaticCredentialsProvider(*given.AccessKeyId, *given.SecretAccessKey, *given.SessionToken), nil)
	return []string{*given.SecretAccessKey, *given.SessionToken}
}

// invalid asks what is refused after all that was said was read.
func (c *callers) invalid() {
	const path, key = "/model/amazon.nova-lite-v1%3A0/converse", "Bearer " + aliceAPIKey
	for _, body := range []string{
		`{"messages":"` + prompt + `"}`, `{"messages":[{"role":"` + prompt + `","content":[{"text":"` + prompt + `"}]}]}`,
		`{"messages":[{"role":"user","content":[{"text":"` + prompt, `{"inferenceConfig":{"maxTokens":"` + prompt + `"}}`,
		`{"messages":[{"role":"user","content":[{"text":"x"}]}],"additionalModelRequestFields":{"` + extra + `":"` + extra + `"}}`,
		`{"messages":[{"role":"user","content":[{"document":{"name":"` + prompt + `","format":"` + attached + `","source":{"bytes":"!"}}}]}]}`,
	} {
		c.post(path, key, 400, body)
	}
	c.post("/nowhere", key, 404, prompt)
	c.post("/model/amazon.nova-pro-v1%3A0/converse", key, 400, `{"messages":[{"role":"user","content":[{"text":"`+prompt+`"}]}]}`)
}

// post sends a body as it is, as a part of a trace.
func (c *callers) post(path, authorization string, status int, body string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.endpoint+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Traceparent", "00-"+traceID+"-b7ad6b7169203331-01")
	request.Header.Set("Baggage", "said="+baggage)
	request.Header.Set("Content-Type", "application/json")
	if path == "/" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := c.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		c.t.Errorf("%s with %q and %s: %d %s %v", path, authorization, body, response.StatusCode, answer, err)
	}
}
