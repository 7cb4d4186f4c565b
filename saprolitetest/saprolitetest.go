// Package saprolitetest gives a Go test an Amazon Bedrock Runtime that says what
// the test wants it to say:
//
//	server := saprolitetest.Start(t, `default: {reply: Hi there!}`)
//	client := server.Client()
//	answer, err := client.Converse(ctx, &bedrockruntime.ConverseInput{ ... })
//
// The server is the whole of Saprolite in the process of the test: requests go
// through a socket, their signatures are verified, their shapes checked, and errors
// come as Amazon Bedrock sends them. Only the model is replaced, by rules:
//
//	rules:
//	  - when: {text: {contains: weather}, tools: get_weather}
//	    reply:
//	      toolUse: {name: get_weather, input: {city: Paris}}
//	  - when: {text: fail}
//	    error: ThrottlingException
//	    times: 2
//	default:
//	  reply: "You said: ${text}"
//
// docs/script.md of the module describes them all. A mistake in the rules fails
// the test, with its line. A request that no rule answers is a ValidationException.
//
// The server ends with its test. Tests may run in parallel, each with servers of
// its own.
package saprolitetest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider/script"
)

// What a client of a Server signs its requests with. Any region will do.
const (
	AccessKeyID     = identity.DevelopmentKeyID
	SecretAccessKey = identity.DevelopmentSecret
	Region          = "us-east-1"
)

// Server is a running server. It serves bedrock-runtime and the part of bedrock
// that lists models.
type Server struct {
	// URL is the endpoint, as http://127.0.0.1:34567.
	URL string

	web *http.Client
}

// Start starts a server that answers every model id of Amazon Bedrock by the
// rules, which are YAML. It ends with the test: requests that still run are cut
// off then. What it refuses and where it fails is in the log of the test.
func Start(t testing.TB, rules string) *Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, file, "rules")
}

// StartFile is Start with the rules of a file, such as testdata/rules.yaml.
func StartFile(t testing.TB, file string) *Server {
	t.Helper()
	return start(t, file, file)
}

// start starts a server with the rules of a file, which errors call name.
func start(t testing.TB, file, name string) *Server {
	t.Helper()
	c := config.Default()
	c.Listen = config.At("127.0.0.1:0")
	c.Limits.DrainTimeout = 0
	c.Providers = map[string]config.Provider{
		config.LocalProvider: {Type: config.TypeScript, Script: &config.Script{File: file}},
	}
	c.Models = []config.Model{{ID: "*", Provider: config.LocalProvider}}
	program, err := app.New(app.Options{
		Config:  c,
		DataDir: filepath.Dir(file),
		// The folder may be one of the repository, and a test starts many servers.
		Stateless: true,
		Log:       slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatalf("saprolitetest: %v", named(err, name))
	}
	listeners, err := program.Listen()
	if err != nil {
		t.Fatalf("saprolitetest: %v", errors.Join(err, program.Close()))
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- program.Serve(ctx, listeners) }()
	s := &Server{URL: "http://" + listeners.API[0].Addr().String(), web: newWeb()}
	t.Cleanup(func() {
		// Connections that are in nobody's use would be waited for.
		s.web.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("saprolitetest: %v", err)
		}
	})
	return s
}

// named gives an error about rules the name that the test knows them by.
func named(err error, name string) error {
	if mistake, ok := errors.AsType[*script.Error](err); ok {
		return &script.Error{File: name, Line: mistake.Line, Err: mistake.Err}
	}
	return err
}

// newWeb makes an HTTP client whose connections end with the server. It speaks
// HTTP/2: over HTTP/1.1 the SDK and net/http can close the body of a request twice
// when a server is as near as this one, which breaks the connection.
func newWeb() *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: transport}
}

// Config configures a client of any AWS SDK for Go service that the server has, as
// bedrockruntime.NewFromConfig(server.Config()).
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(s.URL),
		Credentials:  credentials.NewStaticCredentialsProvider(AccessKeyID, SecretAccessKey, ""),
		HTTPClient:   s.web,
	}
}

// Client makes a client of the server.
func (s *Server) Client(options ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	return bedrockruntime.NewFromConfig(s.Config(), options...)
}

// Setenv points what reads its configuration from the environment to the server,
// until the end of the test: every AWS SDK in this process and in programs that it
// starts. As with t.Setenv, such a test cannot run in parallel.
func (s *Server) Setenv(t testing.TB) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": s.URL,
		"AWS_ENDPOINT_URL_BEDROCK":         s.URL,
		"AWS_ACCESS_KEY_ID":                AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":            SecretAccessKey,
		"AWS_SESSION_TOKEN":                "",
		"AWS_BEARER_TOKEN_BEDROCK":         "",
		"AWS_REGION":                       Region,
		"AWS_DEFAULT_REGION":               Region,
	} {
		t.Setenv(name, value)
	}
}
