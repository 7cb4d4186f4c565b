package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/saprolite/saprolite/internal/identity"
)

type chatCommand struct {
	setup
	Prompt   string `arg:"" optional:"" help:"What to ask. Without it, a conversation begins."`
	Model    string `help:"Model id." default:"amazon.nova-lite-v1:0"`
	Endpoint string `help:"Server to talk to; one is started when none answers there." default:"http://127.0.0.1:8484" env:"AWS_ENDPOINT_URL_BEDROCK_RUNTIME"`
}

// Run asks one question, or holds a conversation until the input ends.
func (c *chatCommand) Run(ctx context.Context) error {
	endpoint, stop, err := c.findServer(ctx)
	if err != nil {
		return err
	}
	chat := &chat{client: newClient(endpoint), model: c.Model, out: os.Stdout}
	if c.Prompt != "" {
		err = chat.ask(ctx, c.Prompt)
	} else {
		err = chat.converse(ctx, os.Stdin)
	}
	return errors.Join(err, stop())
}

// findServer gives the endpoint of the server that runs, or of one that it
// starts in this process, and what ends the latter.
func (c *chatCommand) findServer(ctx context.Context) (endpoint string, stop func() error, err error) {
	if answers(ctx, c.Endpoint) {
		return c.Endpoint, func() error { return nil }, nil
	}
	settings, err := c.load()
	if err != nil {
		return "", nil, err
	}
	program, err := c.newApp(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", nil, err
	}
	if err := program.Fetch(ctx); err != nil {
		return "", nil, errors.Join(err, program.Close())
	}
	return startServer(ctx, program)
}

func newClient(endpoint string) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(identity.DevelopmentKeyID, identity.DevelopmentSecret, ""),
	})
}

// chat is a conversation in the terminal.
type chat struct {
	client   *bedrockruntime.Client
	model    string
	out      io.Writer
	messages []types.Message
}

// converse asks line by line until the input ends.
func (c *chat) converse(ctx context.Context, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for fmt.Fprint(c.out, "> "); lines.Scan(); fmt.Fprint(c.out, "> ") {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if err := c.ask(ctx, line); err != nil {
			return err
		}
	}
	fmt.Fprintln(c.out)
	return lines.Err()
}

// ask streams the answer to one question, then prints tokens and time.
func (c *chat) ask(ctx context.Context, question string) error {
	c.messages = append(c.messages, message(types.ConversationRoleUser, question))
	start := time.Now()
	answer, err := c.client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: &c.model, Messages: c.messages})
	if err != nil {
		return err
	}
	stream := answer.GetStream()
	defer stream.Close()
	var text strings.Builder
	for event := range stream.Events() {
		switch event := event.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			if delta, ok := event.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				text.WriteString(delta.Value)
				fmt.Fprint(c.out, delta.Value)
			}
		case *types.ConverseStreamOutputMemberMetadata:
			usage := event.Value.Usage
			fmt.Fprintf(c.out, "\n\n[%d tokens in, %d out, %.1f s]\n", *usage.InputTokens, *usage.OutputTokens, time.Since(start).Seconds())
		}
	}
	if text.Len() > 0 {
		c.messages = append(c.messages, message(types.ConversationRoleAssistant, text.String()))
	}
	return stream.Err()
}

func message(role types.ConversationRole, text string) types.Message {
	return types.Message{Role: role, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}
}
