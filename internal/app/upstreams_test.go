package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/identity"
)

// overBedrock is a provider of the type bedrock whose service is another program
// like this.
func overBedrock(t *testing.T) string {
	t.Helper()
	// What a person's machine is configured to be is no part of the test.
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	other := serve(t, scripted(t), "127.0.0.1:0")
	return fmt.Sprintf("{type: bedrock, region: us-east-1, endpoint: 'http://%s', accessKeyId: %s, secretAccessKey: %s}",
		other.address(0), identity.DevelopmentKeyID, identity.DevelopmentSecret)
}

// answersHi asks a configuration by the official client, whole and streamed.
func answersHi(t *testing.T, configuration string) {
	t.Helper()
	r := serve(t, load(t, configuration), "127.0.0.1:0")
	c := client("http", transport(t, "tcp", r.address(0), h2c))
	if text, err := ask(t.Context(), c); err != nil || text != "Hi there!" {
		t.Errorf("got %q, %v", text, err)
	}
	if text, err := stream(t.Context(), c); err != nil || text != "Hi there!" {
		t.Errorf("the stream is %q, %v", text, err)
	}
}

func TestBedrockUpstream(t *testing.T) {
	answersHi(t, "providers: {cloud: "+overBedrock(t)+"}\n")
}

func TestAnthropicUpstream(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "key-of-theirs" || r.URL.Path != "/v1/messages" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		if !isStreamed(r) {
			fmt.Fprint(w, `{"type":"message","content":[{"type":"text","text":"Hi there!"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":3}}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, data := range []string{
			`{"type":"message_start","message":{"content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi there!"}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}`,
			`{"type":"message_stop"}`,
		} {
			fmt.Fprintf(w, "data: %s\n\n", data)
		}
	}))
	defer web.Close()
	answersHi(t, "providers: {claude: {type: anthropic, url: '"+web.URL+"/v1', model: claude-x, apiKey: key-of-theirs}}\n")
}

// Members that are gone, or whose kinds differ, cost no request.
func TestFailoverUpstream(t *testing.T) {
	for _, kind := range []string{"failover", "weighted"} {
		t.Run(kind, func(t *testing.T) {
			gone := httptest.NewServer(nil)
			gone.Close()
			answersHi(t, "providers:\n  gone: {type: openai, url: '"+gone.URL+"/v1'}\n  lost: {type: anthropic, url: '"+gone.URL+"'}\n"+
				"  cloud: "+overBedrock(t)+"\n  all: {type: "+kind+", members: [{provider: gone}, {provider: inner}]}\n"+
				"  inner: {type: failover, members: [{provider: lost}, {provider: cloud}]}\n")
		})
	}
}

func TestBedrockWithoutRegion(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	program, err := app.New(app.Options{Config: load(t, "providers:\n  cloud:\n    type: bedrock\n"), DataDir: t.TempDir()})
	if err == nil {
		program.Close()
		t.Fatal("it is taken")
	}
	if want := "saprolite.yaml:2: providers.cloud: no region is configured"; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not say %q", err, want)
	}
}
