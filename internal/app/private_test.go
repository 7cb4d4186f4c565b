package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithybearer "github.com/aws/smithy-go/auth/bearer"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
)

// The certificate that is made is trusted by who trusts the authority, after another
// start too, and both protocols are spoken.
func TestAutomaticCertificate(t *testing.T) {
	data := t.TempDir()
	for range 2 {
		c := scripted(t)
		c.TLS.Auto = true
		c.Listen = config.At("127.0.0.1:0", "[::1]:0")
		r := serveAll(t, data, c)
		for n := range c.Listen {
			for protocol, choose := range map[string]func(*http.Protocols){"HTTP/1.1": http1, "HTTP/2.0": h2} {
				over := transport(t, "tcp", r.address(n), choose)
				over.TLSClientConfig = &tls.Config{RootCAs: authorities(t, app.CAFile(data))}
				seen := &observed{RoundTripper: over}
				for operation, do := range operations() {
					text, err := do(t.Context(), client("https", seen))
					if text != "Hi there!" || err != nil || seen.protocol != protocol || !seen.encrypted {
						t.Errorf("%s: %q by %s, %v", operation, text, seen.protocol, err)
					}
				}
			}
		}
	}
	over := transport(t, "tcp", serveAll(t, data, scripted(t)).address(0), http1)
	if _, err := ask(t.Context(), client("https", over)); err == nil {
		t.Error("without tls, https is spoken")
	}
}

func authorities(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		t.Fatal("the file holds no certificate")
	}
	return pool
}

// The certificate is for the hosts that the configuration names, and for nothing that
// looks like one.
func TestNamesOfCertificate(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has every address of 127.0.0.0/8")
	}
	c := scripted(t)
	c.TLS.Auto, c.TLS.Names = true, []string{"bedrock.example.com"}
	c.Listen = config.At("127.0.0.2:0", "unix:"+t.TempDir()+"/s")
	data := t.TempDir()
	r := serveAll(t, data, c)
	for name, want := range map[string]bool{"bedrock.example.com": true, "127.0.0.2": true, "unix": false} {
		conn, err := tls.Dial("tcp", r.address(0), &tls.Config{RootCAs: authorities(t, app.CAFile(data)), ServerName: name})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

// Sockets of one server differ.
func TestSettingsOfListeners(t *testing.T) {
	c := scripted(t)
	c.TLS.Auto = true
	c.Listen = []config.Listener{
		{Address: "127.0.0.1:0"},
		{Address: "127.0.0.1:0", TLS: new(false)},
		{Address: "127.0.0.1:0", TLS: new(false), Allow: []string{"10.0.0.0/8"}},
	}
	data := t.TempDir()
	r := serveAll(t, data, c)
	for n, want := range []string{"https", "http", ""} {
		for _, scheme := range []string{"https", "http"} {
			over := transport(t, "tcp", r.address(n), http1)
			over.TLSClientConfig = &tls.Config{RootCAs: authorities(t, app.CAFile(data))}
			if text, err := ask(t.Context(), client(scheme, over)); (err == nil) != (scheme == want) {
				t.Errorf("listener %d, %s: %q, %v", n, scheme, text, err)
			}
		}
	}
	if refused := r.listeners.API[2].Refused(); refused != 2 {
		t.Errorf("%d connections are refused", refused)
	}
}

const everybody = `
accounts:
  - id: "123456789012"
    users:
      - name: alice
        inline: {invoke: {Version: 2012-10-17, Statement: {Effect: Allow, Action: ["bedrock:InvokeModel", "bedrock:CallWithBearerToken"], Resource: "*"}}}
        apiKeys: [{id: laptop, key: %s}]
      - name: idle
    roles:
      - name: writer
        inline: {invoke: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "bedrock:InvokeModel", Resource: "*"}}}
        trust: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: "*", Action: sts:AssumeRole}}
`

// own makes a certificate that vouches for itself.
func own(t *testing.T, name string) (pair tls.Certificate, text string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// With IAM, callers without credentials are who their certificates say, and may do
// what the policies of those allow; API keys are taken beside.
func TestCallersByCertificate(t *testing.T) {
	_, key := identity.NewAPIKey("123456789012")
	principals := writeFile(t, "principals.yaml", fmt.Sprintf(everybody, key))
	var all strings.Builder
	clients := map[string]tls.Certificate{}
	for _, name := range []string{"alice", "job-7", "idle", "stranger"} {
		pair, text := own(t, name)
		clients[name] = pair
		all.WriteString(text)
	}
	c := load(t, "auth: iam\nprincipals: "+principals+"\n"+
		"tls:\n  auto: true\n  clients:\n    caFile: "+writeFile(t, "clients.pem", all.String())+"\n    certificate: optional\n    principals:\n"+
		"      - {commonName: alice, principal: 'arn:aws:iam::123456789012:user/alice'}\n"+
		"      - {commonName: idle, principal: 'arn:aws:iam::123456789012:user/idle'}\n"+
		"      - {commonName: job-*, principal: 'arn:aws:iam::123456789012:role/writer'}\n"+
		"listen: [127.0.0.1:0, {address: '127.0.0.1:0', clientCertificate: required}, {address: '127.0.0.1:0', clientCertificate: none}]\n"+
		"providers: {script: {type: script, file: "+writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")+"}}\n")
	data := t.TempDir()
	r := serveAll(t, data, c)
	const missing = "MissingAuthenticationToken"
	for _, test := range []struct {
		name     string
		listener int
		key      string
		// arn is what STS says, text the answer; an error is told by a part of it.
		arn, text string
	}{
		{"alice", 0, "", "arn:aws:iam::123456789012:user/alice", "Hi there!"},
		{"alice", 1, "", "arn:aws:iam::123456789012:user/alice", "Hi there!"},
		{"alice", 2, "", missing, missing},
		{"job-7", 0, "", "arn:aws:sts::123456789012:assumed-role/writer/job-7", "Hi there!"},
		{"idle", 0, "", "arn:aws:iam::123456789012:user/idle", "AccessDeniedException"},
		{"stranger", 0, "", missing, missing},
		{"stranger", 1, "", missing, missing},
		{"", 0, "", missing, missing},
		{"", 1, "", "request send failed", "request send failed"},
		// Who has credentials is who these say.
		{"idle", 0, key, "", "Hi there!"},
		{"", 2, key, "", "Hi there!"},
		{"alice", 0, key + "x", "", "AccessDeniedException"},
	} {
		over := transport(t, "tcp", r.address(test.listener), h2)
		over.TLSClientConfig = &tls.Config{RootCAs: authorities(t, app.CAFile(data))}
		if own, ok := clients[test.name]; ok {
			over.TLSClientConfig.Certificates = []tls.Certificate{own}
		}
		text, err := ask(t.Context(), without("https", over, test.key))
		if !said(text, err, test.text) {
			t.Errorf("%s at %d: %q, %v", test.name, test.listener, text, err)
		}
		if test.arn == "" {
			continue
		}
		arn, err := whoami(t.Context(), "https", over)
		if !said(arn, err, test.arn) {
			t.Errorf("%s at %d is %q, %v", test.name, test.listener, arn, err)
		}
	}
}

func said(text string, err error, want string) bool {
	if err != nil {
		return strings.Contains(err.Error(), want)
	}
	return text == want
}

// without is the SDK with no access key; it sends an API key, if there is one.
func without(scheme string, over http.RoundTripper, key string) *bedrockruntime.Client {
	if key == "" {
		return client(scheme, unsigned{over})
	}
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String(scheme + "://127.0.0.1"), Region: "us-east-1",
		HTTPClient: &http.Client{Transport: whole{over}}, Retryer: aws.NopRetryer{},
		BearerAuthTokenProvider: smithybearer.StaticTokenProvider{Token: smithybearer.Token{Value: key}},
		AuthSchemePreference:    []string{"httpBearerAuth"},
	})
}

// unsigned takes the signature away, which this SDK cannot do without.
type unsigned struct{ http.RoundTripper }

func (u unsigned) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Del("Authorization")
	return u.RoundTripper.RoundTrip(r)
}

// whoami asks STS who sends requests without credentials.
func whoami(ctx context.Context, scheme string, over http.RoundTripper) (string, error) {
	answer, err := sts.New(sts.Options{
		BaseEndpoint: aws.String(scheme + "://127.0.0.1"), Region: "us-east-1",
		Credentials: aws.AnonymousCredentials{}, HTTPClient: &http.Client{Transport: whole{over}}, Retryer: aws.NopRetryer{},
	}).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", err
	}
	return *answer.Arn, nil
}

// With IAM, callers over a unix socket are who the system says.
func TestCallersByPeer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows tells nothing of the other end")
	}
	const user, role = "arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:role/writer"
	uid, gid := os.Getuid(), os.Getgid()
	for _, test := range []struct{ peer, arn, text string }{
		{fmt.Sprintf("{user: '%d', principal: '%s'}", uid, user), user, "Hi there!"},
		{fmt.Sprintf("{group: '%d', principal: '%s'}", gid, role), fmt.Sprintf("arn:aws:sts::123456789012:assumed-role/writer/uid-%d", uid), "Hi there!"},
		{fmt.Sprintf("{user: '%d', group: '%d', principal: '%s'}", uid, gid, user), user, "Hi there!"},
		{fmt.Sprintf("{user: '%d', group: '%d', principal: '%s'}", uid, gid+1, user), "MissingAuthenticationToken", "MissingAuthenticationToken"},
		{fmt.Sprintf("{user: '%d', principal: '%s'}", uid+1, user), "MissingAuthenticationToken", "MissingAuthenticationToken"},
		{fmt.Sprintf("{user: '%d', principal: '%s-gone'}", uid, user), "InvalidClientTokenId", "UnrecognizedClientException"},
	} {
		c := load(t, "auth: iam\nprincipals: "+writeFile(t, "principals.yaml", fmt.Sprintf(everybody, "k"))+"\npeers: ["+test.peer+"]\n"+
			"providers: {script: {type: script, file: "+writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")+"}}\n")
		c.Listen = []config.Listener{{Address: "unix:" + t.TempDir() + "/s", Mode: 0o660}, {Address: "127.0.0.1:0"}}
		r := serveAll(t, t.TempDir(), c)
		over := transport(t, "unix", r.address(0), h2c)
		if text, err := ask(t.Context(), without("http", over, "")); !said(text, err, test.text) {
			t.Errorf("%s: %q, %v", test.peer, text, err)
		}
		if arn, err := whoami(t.Context(), "http", over); !said(arn, err, test.arn) {
			t.Errorf("%s is %q, %v", test.peer, arn, err)
		}
		if text, err := ask(t.Context(), without("http", transport(t, "tcp", r.address(1), h2c), "")); err == nil {
			t.Errorf("by TCP, %q is answered", text)
		}
	}
}

// The admin listener says whether the server lives and whether it takes requests, to
// the end, and has nothing of the API.
func TestAdmin(t *testing.T) {
	model := newUpstream(t)
	c := model.config(t)
	c.Listen, c.Admin.Listen.Address = config.At("127.0.0.1:0"), "127.0.0.1:0"
	program, err := app.New(app.Options{Config: c, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, program)
	web := &http.Client{Transport: transport(t, "tcp", r.listeners.Admin.Addr().String(), http1)}
	get := func(path, want string) {
		t.Helper()
		if !strings.HasPrefix(path, "http:") {
			path = "http://127.0.0.1" + path
		}
		resp, err := web.Get(path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if got := fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(string(text))); got != want || err != nil {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	get("/healthz", "200 ok")
	get("/readyz", "200 ok")
	get("/quotas", "200 []")
	get("/nothing", "404 404 page not found")
	for _, host := range []string{"localhost:8485", "[::1]:8485", "prometheus", "host.docker.internal"} {
		get("http://"+host+"/healthz", "200 ok")
	}
	get("http://page.example.com/healthz", "421 call this server localhost, or by its address")

	over := transport(t, "tcp", r.address(0), h2c)
	answers := make(chan result, 1)
	go func() { answers <- resultOf(ask(t.Context(), client("http", over))) }()
	<-model.asked
	r.stop()
	refusedSoon(t, over)
	get("/healthz", "200 ok")
	get("/readyz", "503 the server ends")
	close(model.finish)
	if got := <-answers; got.err != nil {
		t.Error(got.err)
	}
}

// With a state, the server is ready when that answers.
func TestReadyWithState(t *testing.T) {
	c := load(t, "auth: iam\nadmin: {listen: '127.0.0.1:0'}\nlisten: 127.0.0.1:0\n"+
		"providers: {script: {type: script, file: "+writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")+"}}\n")
	r := serveAll(t, t.TempDir(), c)
	resp, err := (&http.Client{Transport: transport(t, "tcp", r.listeners.Admin.Addr().String(), http1)}).Get("http://127.0.0.1/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the status is %s", resp.Status)
	}
}
