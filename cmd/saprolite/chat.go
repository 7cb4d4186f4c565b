package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"golang.org/x/term"
)

type chatCommand struct {
	setup
	Prompt   string `arg:"" optional:"" help:"What to ask. Without it, a conversation begins, a line for each question."`
	Model    string `help:"Model id." default:"amazon.nova-lite-v1:0"`
	Endpoint string `help:"Server to talk to. Default: the one of AWS_ENDPOINT_URL_BEDROCK_RUNTIME, else http://127.0.0.1:8484; when none answers there, and with --config, this program answers by itself." placeholder:"URL"`
}

// Run asks one question, or holds a conversation until the input ends.
func (c *chatCommand) Run(ctx context.Context) error {
	server, err := c.findServer(ctx)
	if err != nil {
		return err
	}
	client, closeClient, err := newClient(server)
	if err != nil {
		return errors.Join(err, server.stop())
	}
	chat := &chat{client: client, model: c.Model, out: os.Stdout}
	if c.Prompt != "" {
		err = chat.ask(ctx, c.Prompt)
	} else {
		err = chat.converse(ctx, os.Stdin)
	}
	closeClient()
	return errors.Join(err, server.stop())
}

// chat is a conversation in the terminal.
type chat struct {
	client   *bedrockruntime.Client
	model    string
	out      io.Writer
	messages []types.Message
}

// converse asks line by line until the input ends. A person, who can ask anew, is
// told what goes wrong; where there is none it ends the conversation.
func (c *chat) converse(ctx context.Context, in *os.File) error {
	interactive := term.IsTerminal(int(in.Fd()))
	lines := readLines(in)
	for {
		if interactive {
			fmt.Fprint(os.Stderr, "> ")
		}
		line, err := lines.next(ctx)
		if err != nil && interactive {
			fmt.Fprintln(os.Stderr) // behind the prompt, and what shows of Ctrl-C
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		err = c.ask(ctx, line)
		if err != nil && (!interactive || ctx.Err() != nil) {
			return err
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "saprolite:", err)
		}
	}
}

// ask streams the answer to one question, then prints tokens and time. A question
// that gets no answer does not stay in the conversation.
func (c *chat) ask(ctx context.Context, question string) error {
	messages := append(c.messages[:len(c.messages):len(c.messages)], message(types.ConversationRoleUser, question))
	start := time.Now()
	answer, err := c.client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: &c.model, Messages: messages})
	if err != nil {
		return explain(ctx, err)
	}
	stream := answer.GetStream()
	defer stream.Close()
	shown := c.show(stream.Events())
	err = stream.Err()
	if err == nil && !shown.complete {
		// The SDK takes a connection that broke for the end of the answer.
		err = errors.New("the server ended before the answer did")
	}
	if err != nil {
		fmt.Fprintln(c.out)
		return explain(ctx, err)
	}
	fmt.Fprintf(c.out, "\n\n%s\n", statistics(shown.usage, time.Since(start)))
	if shown.text != "" {
		c.messages = append(messages, message(types.ConversationRoleAssistant, shown.text))
	}
	return nil
}

// reply is what a stream has brought.
type reply struct {
	text  string
	usage types.TokenUsage
	// complete says that the model came to its end.
	complete bool
}

// show prints an answer as it comes.
func (c *chat) show(events <-chan types.ConverseStreamOutput) reply {
	var r reply
	var text strings.Builder
	for event := range events {
		switch event := event.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			if delta, ok := event.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				text.WriteString(delta.Value)
				fmt.Fprint(c.out, delta.Value)
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			r.complete = true
		case *types.ConverseStreamOutputMemberMetadata:
			if event.Value.Usage != nil {
				r.usage = *event.Value.Usage
			}
		}
	}
	r.text = text.String()
	return r
}

// statistics words what an answer took, as
// [12 tokens in, 34 out, 1.2 s, 28 tokens/s].
func statistics(usage types.TokenUsage, took time.Duration) string {
	var in, out int32
	if usage.InputTokens != nil {
		in = *usage.InputTokens
	}
	if usage.OutputTokens != nil {
		out = *usage.OutputTokens
	}
	seconds := max(took.Seconds(), 0.001)
	return fmt.Sprintf("[%d tokens in, %d out, %.1f s, %.0f tokens/s]", in, out, seconds, float64(out)/seconds)
}

func message(role types.ConversationRole, text string) types.Message {
	return types.Message{Role: role, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}
}
