// Package tests runs the official AWS SDKs, and frameworks that speak to Amazon
// Bedrock, against the program: first answers of a script (script.yaml), where
// every word is known, then those of the embedded engine.
package tests

import (
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	// The outcome of these tests may be cached as long as the program's code is
	// what it was.
	_ "github.com/saprolite/saprolite/internal/app"
	sdkgo "github.com/saprolite/saprolite/tests/sdk-go"
)

// families is the table of native bodies that the suites share.
const families = "families.json"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSDKs(t *testing.T) {
	binary := build(t)
	t.Run("script", func(t *testing.T) { testScript(t, binary) })
	t.Run("TLS", func(t *testing.T) { testTLS(t, binary) })
	t.Run("credentials", func(t *testing.T) { testCredentials(t, binary) })
	t.Run("engine", func(t *testing.T) { testEngine(t, binary) })
}

// testScript takes every SDK through every operation, on every transport that the
// SDK has.
func testScript(t *testing.T, binary string) {
	socket := socketPath(t)
	p := serve(t, binary, "--config", "saprolite.yaml", "--data", t.TempDir(), "--listen", "unix:"+socket)
	endpoint := p.variable(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
	t.Run("Go", func(t *testing.T) {
		for name, target := range map[string]sdkgo.Target{
			"HTTP1":  {Endpoint: endpoint, Client: newClient(t, http1())},
			"h2c":    {Endpoint: endpoint, Client: newClient(t, priorKnowledge())},
			"socket": {Endpoint: "http://localhost", Client: newClient(t, unixSocket(socket))},
		} {
			target.Families, target.Ended = families, p.ended
			t.Run(name, func(t *testing.T) { sdkgo.Script(t, target) })
		}
	})
	t.Run("JavaScript", func(t *testing.T) { javaScript(t, p, "sdk-js", "script/*.test.js") })
	t.Run("Python", func(t *testing.T) { python(t, p, "sdk-python", "script/test_*.py") })
	t.Run("Java", func(t *testing.T) { java(t, p, "script") })
	t.Run("FrameworksJavaScript", func(t *testing.T) { javaScript(t, p, "frameworks-js", "script/*.test.js") })
	t.Run("FrameworksPython", func(t *testing.T) { python(t, p, "frameworks-python", "script/test_*.py") })
}

// testTLS lets the SDKs agree on HTTP/2, or not, in the handshake of TLS. To those
// that went through everything without it, streams tell enough.
func testTLS(t *testing.T, binary string) {
	pair := newCertificate(t)
	p := serve(t, binary, "--config", pair.configuration(t, "script.yaml"), "--data", t.TempDir())
	t.Run("Go", func(t *testing.T) {
		sdkgo.Script(t, sdkgo.Target{
			Endpoint: p.variable(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
			Client:   newClient(t, overTLS(pair)),
			Families: families, Ended: p.ended,
		})
	})
	t.Run("JavaScript", func(t *testing.T) {
		javaScript(t, p, "sdk-js", "script/stream.test.js", "NODE_EXTRA_CA_CERTS="+pair.certFile)
	})
	t.Run("Python", func(t *testing.T) {
		python(t, p, "sdk-python", "script/test_stream.py", "AWS_CA_BUNDLE="+pair.certFile)
	})
}

// testEngine asks the default model.
func testEngine(t *testing.T, binary string) {
	const config = "engine.yaml"
	data := dataDir(t)
	if out, err := exec.CommandContext(t.Context(), binary, "pull", "--config", config, "--data", data).CombinedOutput(); err != nil {
		missing(t, "the engine and the default model cannot be fetched: %v\n%s", err, out)
	}
	p := serve(t, binary, "--config", config, "--data", data)
	t.Run("Go", func(t *testing.T) {
		sdkgo.Engine(t, sdkgo.Target{
			Endpoint: p.variable(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
			Client:   newClient(t, http1()),
			Families: families, Ended: p.ended,
		})
	})
	t.Run("JavaScript", func(t *testing.T) { javaScript(t, p, "sdk-js", "engine/*.test.js") })
	t.Run("Python", func(t *testing.T) { python(t, p, "sdk-python", "engine/test_*.py") })
	t.Run("Java", func(t *testing.T) { java(t, p, "engine") })
	t.Run("FrameworksJavaScript", func(t *testing.T) { javaScript(t, p, "frameworks-js", "engine/*.test.js") })
	t.Run("FrameworksPython", func(t *testing.T) { python(t, p, "frameworks-python", "engine/test_*.py") })
}
