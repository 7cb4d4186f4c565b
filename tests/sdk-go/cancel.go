package sdkgo

import (
	"context"
	"errors"
	"net/http/httptrace"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
)

// testCancelConverse gives up once the request is written. That the server noticed
// shows when it ends: it does not wait for the answer.
func testCancelConverse(t *testing.T, target Target) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	_, err := target.runtime().Converse(traced, ask(haiku, "hang"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// testCancelConverseStream ends the context of a stream that has begun.
func testCancelConverseStream(t *testing.T, target Target) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, err := target.runtime().ConverseStream(ctx, askStream(haiku, "hang"))
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer stream.Close()
	<-stream.Events()
	cancel()
	for range stream.Events() {
	}
	noticed(t, target, out.ResultMetadata)
}

// testCloseInvokeStream closes a stream that has begun.
func testCloseInvokeStream(t *testing.T, target Target) {
	f := families(t, target)[0]
	out, err := target.runtime().InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &f.Model, Body: f.ask("hang")})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	<-stream.Events()
	stream.Close()
	noticed(t, target, out.ResultMetadata)
}

// noticed waits until the server has ended the request.
func noticed(t *testing.T, target Target, metadata middleware.Metadata) {
	t.Helper()
	id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
	if id == "" {
		t.Fatal("no request id")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := target.Ended(ctx, id); err != nil {
		t.Error(err)
	}
}
