package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const modelID = "amazon.nova-lite-v1:0"

// scripted is a configuration whose every answer is "Hi there!".
func scripted(t *testing.T) *config.Config {
	t.Helper()
	rules := writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")
	return load(t, "providers: {script: {type: script, file: "+rules+"}}\n")
}

// load reads a configuration from a text.
func load(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Load(writeFile(t, "saprolite.yaml", text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// running is a program that serves.
type running struct {
	listeners []net.Listener
	stop      context.CancelFunc
	// ended gets what Serve returned.
	ended chan error
}

// serve serves on the addresses until it is stopped, at the end of the test at
// the latest.
func serve(t *testing.T, c *config.Config, addresses ...string) *running {
	t.Helper()
	return serveIn(t, t.TempDir(), c, addresses...)
}

// serveIn is serve with a data folder.
func serveIn(t *testing.T, dataDir string, c *config.Config, addresses ...string) *running {
	t.Helper()
	program, err := app.New(app.Options{Config: c, DataDir: dataDir})
	if err != nil {
		t.Fatal(err)
	}
	return serveProgram(t, program, c, addresses...)
}

// serveProgram is serve with a program that is there.
func serveProgram(t *testing.T, program *app.App, c *config.Config, addresses ...string) *running {
	t.Helper()
	listeners, err := app.Listen(addresses, c.Auth)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{listeners: listeners, stop: stop, ended: make(chan error, 1)}
	go func() {
		r.ended <- program.Serve(ctx, listeners)
		close(r.ended)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *running) address(n int) string { return r.listeners[n].Addr().String() }

// whole sends the body of a request from memory. The SDK closes a body as soon as
// the answer begins; net/http, which closes it too, takes that for a failed write
// and breaks an HTTP/1.1 connection whose server was quicker than that
// (smithy-go 1.28.9).
type whole struct{ http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.RoundTripper.RoundTrip(r)
}

// transport speaks one protocol to one address, whatever the URL says.
func transport(t *testing.T, network, address string, protocol func(*http.Protocols)) *http.Transport {
	t.Helper()
	transport := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	protocol(transport.Protocols)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func http1(p *http.Protocols) { p.SetHTTP1(true) }
func h2c(p *http.Protocols)   { p.SetUnencryptedHTTP2(true) }
func h2(p *http.Protocols)    { p.SetHTTP2(true) }

// client is the SDK over a transport; it never tries again.
func client(scheme string, over http.RoundTripper) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String(scheme + "://127.0.0.1"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(identity.DevelopmentKeyID, identity.DevelopmentSecret, ""),
		HTTPClient:   &http.Client{Transport: whole{over}},
		Retryer:      aws.NopRetryer{},
	})
}

// control is the SDK of the control plane over a transport.
func control(scheme string, over http.RoundTripper) *bedrock.Client {
	return bedrock.New(bedrock.Options{
		BaseEndpoint: aws.String(scheme + "://127.0.0.1"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(identity.DevelopmentKeyID, identity.DevelopmentSecret, ""),
		HTTPClient:   &http.Client{Transport: over},
		Retryer:      aws.NopRetryer{},
	})
}

func question() []types.Message {
	return []types.Message{{
		Role:    types.ConversationRoleUser,
		Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Hi"}},
	}}
}

// ask asks for a whole answer and gives its text.
func ask(ctx context.Context, c *bedrockruntime.Client) (string, error) {
	answer, err := c.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(modelID), Messages: question()})
	if err != nil {
		return "", err
	}
	message, ok := answer.Output.(*types.ConverseOutputMemberMessage)
	if !ok || len(message.Value.Content) != 1 {
		return "", fmt.Errorf("not one block: %+v", answer.Output)
	}
	text, ok := message.Value.Content[0].(*types.ContentBlockMemberText)
	if !ok {
		return "", errors.New("no text")
	}
	return text.Value, nil
}

// stream asks for a streamed answer and gives its text.
func stream(ctx context.Context, c *bedrockruntime.Client) (text string, err error) {
	answer, err := c.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(modelID), Messages: question()})
	if err != nil {
		return "", err
	}
	events := answer.GetStream()
	defer events.Close()
	for event := range events.Events() {
		if event, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
			if delta, ok := event.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				text += delta.Value
			}
		}
	}
	return text, events.Err()
}
