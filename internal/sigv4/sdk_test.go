package sigv4_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const profile = "arn:aws:bedrock:eu-west-3:123456789012:inference-profile/eu.amazon.nova-micro-v1:0"

// verifyingServer verifies every request with the secret and passes the outcome
// on. It speaks HTTP/1.1 and HTTP/2 with prior knowledge.
func verifyingServer(t *testing.T, secret string) (address string, outcomes <-chan error) {
	t.Helper()
	results := make(chan error, 1)
	v := &sigv4Server{secret: secret, results: results}
	server := httptest.NewUnstartedServer(v)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, results
}

type sigv4Server struct {
	secret  string
	results chan<- error
}

func (s *sigv4Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = verify(captured{}, r, body, s.secret)
	}
	s.results <- err
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

func h2c() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{Protocols: protocols}}
}

func TestVerifyGoSDK(t *testing.T) {
	for proto, client := range map[string]*http.Client{"HTTP/1.1": http.DefaultClient, "HTTP/2": h2c()} {
		t.Run(proto, func(t *testing.T) {
			address, outcomes := verifyingServer(t, secret)
			runtime := bedrockruntime.New(bedrockruntime.Options{
				BaseEndpoint:     &address,
				Region:           "eu-west-3",
				HTTPClient:       client,
				RetryMaxAttempts: 1,
				Credentials:      credentials.NewStaticCredentialsProvider(keyID, secret, ""),
			})
			control := bedrock.New(bedrock.Options{
				BaseEndpoint: &address,
				Region:       "eu-west-3",
				HTTPClient:   client,
				Credentials:  credentials.NewStaticCredentialsProvider(keyID, secret, "a/session+token=="),
			})
			messages := []types.Message{{
				Role:    types.ConversationRoleUser,
				Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Über  café"}},
			}}
			// What the clients make of the empty answer does not matter here.
			for name, call := range map[string]func(){
				"Converse": func() {
					_, _ = runtime.Converse(t.Context(), &bedrockruntime.ConverseInput{
						ModelId: new("anthropic.claude-3-haiku-20240307-v1:0"), Messages: messages})
				},
				"ConverseStream": func() {
					_, _ = runtime.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{
						ModelId: new(profile), Messages: messages})
				},
				"InvokeModel": func() {
					_, _ = runtime.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{
						ModelId: new("meta.llama3-8b-instruct-v1:0"), Body: []byte(`{"prompt":"hi"}`), Accept: new("*/*")})
				},
				"ListAsyncInvokes": func() {
					_, _ = runtime.ListAsyncInvokes(t.Context(), &bedrockruntime.ListAsyncInvokesInput{
						NextToken: new("a+b/c==  é~*'()!"), MaxResults: new(int32(3))})
				},
				"ListFoundationModels": func() {
					_, _ = control.ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{
						ByProvider: new("Stability AI"), ByOutputModality: "TEXT"})
				},
			} {
				call()
				if err := <-outcomes; err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestVerifyGoSDKWrongSecret(t *testing.T) {
	address, outcomes := verifyingServer(t, "another secret")
	client := bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: &address,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(keyID, secret, ""),
	})
	_, _ = client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: new("m"), Body: []byte("{}")})
	wantCode(t, <-outcomes, "InvalidSignatureException")
}

// signed is a request signed by the SDK's signer, as a client would send it.
// The hash goes into the signature; it is that of the body if it is empty.
func signed(tb testing.TB, target, hash string, header http.Header, body []byte) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if hash == "" {
		sum := sha256.Sum256(body)
		hash = hex.EncodeToString(sum[:])
	}
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(tb.Context(), key, r, hash, "bedrock", "us-east-1", time.Now()); err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestVerifyShapes(t *testing.T) {
	const unsigned = "UNSIGNED-PAYLOAD"
	body := []byte(`{"a":1}`)
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	for name, shape := range map[string]struct {
		target, hash string
		header       http.Header
		body         []byte
	}{
		"no body":             {target: "/foundation-models"},
		"root":                {target: "/"},
		"no path":             {target: ""},
		"raw colon":           {target: "/model/a.b-v1:0/converse", body: body},
		"escaped colon":       {target: "/model/a.b-v1%3A0/converse", body: body},
		"lower-case escape":   {target: "/model/a.b-v1%3a0/converse", body: body},
		"escaped slash":       {target: "/model/arn%3Aaws%3Abedrock%2Fx/converse", body: body},
		"odd bytes":           {target: "/model/a~b_c.d-e!$&'()*+,;=@%25%20%C3%A9/invoke", body: body},
		"two slashes":         {target: "/model//invoke", body: body},
		"query":               {target: "/x?b=2&a=3&a=1&c", body: body},
		"query escapes":       {target: "/x?a=a%2Fb&a=a-b&a%20b=%C3%A9&p=%2B&tilde=~", body: body},
		"query empty names":   {target: "/x?&&=1&a=&a", body: body},
		"query name prefixes": {target: "/x?a=1&a-b=2&a.b=3&A=4", body: body},
		"several values":      {target: "/x", header: http.Header{"X-Amz-Meta-A": {"1", " 2", "3  4 "}}, body: body},
		"inner spaces":        {target: "/x", header: http.Header{"X-Amz-Meta-A": {"  a   b  c"}}, body: body},
		"empty value":         {target: "/x", header: http.Header{"X-Amz-Meta-A": {""}}, body: body},
		"bytes in a value":    {target: "/x", header: http.Header{"X-Amz-Meta-A": {"caf\u00e9 \u00a0x"}}, body: body},
		"long name":           {target: "/x", header: http.Header{"X-" + strings.Repeat("A", 80): {"a"}}, body: body},
		"stated hash":         {target: "/x", header: http.Header{"X-Amz-Content-Sha256": {hash}}, body: body},
		"unsigned payload":    {target: "/x", hash: unsigned, header: http.Header{"X-Amz-Content-Sha256": {unsigned}}, body: body},
		"large body":          {target: "/x", body: bytes.Repeat([]byte("x"), 1<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			address, outcomes := verifyingServer(t, secret)
			for _, client := range []*http.Client{http.DefaultClient, h2c()} {
				response, err := client.Do(signed(t, address+shape.target, shape.hash, shape.header, shape.body))
				if err != nil {
					t.Fatal(err)
				}
				if err := response.Body.Close(); err != nil {
					t.Error(err)
				}
				if err := <-outcomes; err != nil {
					t.Errorf("%s: %v", response.Proto, err)
				}
			}
		})
	}
}

// TestVerifyAbsoluteTarget sends the absolute form of the request target, as a
// client does that takes the server for its proxy.
func TestVerifyAbsoluteTarget(t *testing.T) {
	address, outcomes := verifyingServer(t, secret)
	proxy, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	for _, target := range []string{"/model/a.b-v1%3A0/converse?a=1", ""} {
		response, err := client.Do(signed(t, "http://bedrock-runtime.invalid"+target, "", nil, []byte("{}")))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
}
