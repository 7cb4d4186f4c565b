package sigv4_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/sigv4"
)

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

var signingTime = time.Date(2025, 2, 10, 1, 39, 11, 0, time.UTC)

// presigned is a request as the SDK's signer presigns it.
func presigned(tb testing.TB, target, token, hash string) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, target, nil)
	if err != nil {
		tb.Fatal(err)
	}
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token}
	uri, header, err := v4.NewSigner().PresignHTTP(tb.Context(), key, r, hash, "bedrock", "us-east-1", signingTime)
	if err != nil {
		tb.Fatal(err)
	}
	signed, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, uri, nil)
	if err != nil {
		tb.Fatal(err)
	}
	signed.Header = header
	signed.RequestURI = signed.URL.RequestURI()
	return signed
}

func verifyAt(now time.Time, r *http.Request, body string) error {
	sig, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return verifierAt(now).Verify(r, []byte(body), sig, secret)
}

func TestPresigned(t *testing.T) {
	const token = "a/session+token=="
	const week = "http://h/model/a%3Ab/x?b=1&a=%20+2&X-Amz-Expires=604800"
	r := presigned(t, week, token, emptyHash)
	sig, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if sig.SessionToken != token || sig.Expires != 7*24*time.Hour || sig.AccessKeyID != keyID {
		t.Errorf("%+v", sig)
	}
	for name, test := range map[string]struct {
		target, hash, body string
		after              time.Duration
		message            string
	}{
		"now":              {week, emptyHash, "", 0, ""},
		"early":            {week, emptyHash, "", -5 * time.Minute, ""},
		"late":             {week, emptyHash, "", 7 * 24 * time.Hour, ""},
		"body":             {week, emptyHash, "x", 0, "The request signature we calculated does not match"},
		"unsigned body":    {week + "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD", "any", 0, ""},
		"stated otherwise": {week + "&X-Amz-Content-Sha256=" + emptyHash, "UNSIGNED-PAYLOAD", "any", 0, "The request signature we calculated does not match"},
		"too early": {week, emptyHash, "", -5*time.Minute - time.Second,
			"Signature not yet current: 20250210T013911Z is still later than 20250210T013910Z (20250210T013410Z + 5 min.)"},
		"too late": {week, emptyHash, "", 7*24*time.Hour + time.Second,
			"Signature expired: 20250210T013911Z is now earlier than 20250210T013912Z (20250217T013912Z - 10080 min.)"},
		"ninety seconds": {"http://h/?X-Amz-Expires=90", emptyHash, "", 91 * time.Second,
			"Signature expired: 20250210T013911Z is now earlier than 20250210T013912Z (20250210T014042Z - 90 sec.)"},
		"no expiry": {"http://h/", emptyHash, "", 301 * time.Second,
			"Signature expired: 20250210T013911Z is now earlier than 20250210T013912Z (20250210T014412Z - 5 min.)"},
	} {
		t.Run(name, func(t *testing.T) {
			err := verifyAt(signingTime.Add(test.after), presigned(t, test.target, token, test.hash), test.body)
			switch {
			case test.message == "" && err != nil:
				t.Error(err)
			case test.message != "":
				wantCode(t, err, sigv4.CodeInvalidSignature)
				if !strings.Contains(err.Error(), test.message) {
					t.Error(err)
				}
			}
		})
	}
}

func TestParsePresignedRefuses(t *testing.T) {
	const whole = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK/20250210/us-east-1/bedrock/aws4_request&X-Amz-Date=20250210T013911Z" +
		"&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
	for name, test := range map[string]struct{ query, code, message string }{
		"no query":        {"", sigv4.CodeMissingAuthenticationToken, "Missing Authentication Token"},
		"another query":   {"X-Amz-Else=1", sigv4.CodeMissingAuthenticationToken, "Missing Authentication Token"},
		"algorithm alone": {"X-Amz-Algorithm=AWS4-HMAC-SHA256", sigv4.CodeIncompleteSignature, "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		"signature alone": {"X-Amz-Signature=00", sigv4.CodeIncompleteSignature, "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		"twice":           {whole + "&X-Amz-Signatur%65=01", sigv4.CodeIncompleteSignature, "AWS query-string parameters must include 'X-Amz-Signature' once. Re-examine the query-string parameters."},
		"algorithm":       {strings.Replace(whole, "HMAC", "HMAX", 1), sigv4.CodeIncompleteSignature, "Unsupported AWS 'algorithm': 'AWS4-HMAX-SHA256' (only AWS4-HMAC-SHA256 for now). "},
		"expiry of words": {whole + "&X-Amz-Expires=soon", sigv4.CodeIncompleteSignature, "X-Amz-Expires should be a number"},
		"no time":         {whole + "&X-Amz-Expires=0", sigv4.CodeIncompleteSignature, "X-Amz-Expires must be between 1 and 604800 seconds, got '0'"},
		"over a week":     {whole + "&X-Amz-Expires=604801", sigv4.CodeIncompleteSignature, "X-Amz-Expires must be between 1 and 604800 seconds, got '604801'"},
		"long":            {whole + "&x=" + strings.Repeat("x", 32<<10), sigv4.CodeIncompleteSignature, "Request target is too long."},
		"many":            {whole + strings.Repeat("&", 256), sigv4.CodeIncompleteSignature, "Request target is too long."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sigv4.Parse(&http.Request{RequestURI: "/?" + test.query, Header: http.Header{}})
			if diff := cmp.Diff(error(&sigv4.Error{Code: test.code, Message: test.message}), err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestVerifyBoundsItsWork sends more than a client has to sign.
func TestVerifyBoundsItsWork(t *testing.T) {
	const target, headers = "Request target is too long.", "Signed headers are too long."
	hosts := signed(t, "http://"+strings.Repeat("h", 1<<10)+"/", "", nil, nil)
	hosts.Header.Set("Authorization", strings.Replace(hosts.Header.Get("Authorization"), "host;", strings.Repeat("host;", 65), 1))
	for name, test := range map[string]struct {
		request *http.Request
		refusal string
	}{
		"target":            {signed(t, "http://h/?"+strings.Repeat("x", 32<<10), "", nil, nil), target},
		"header":            {signed(t, "http://h/", "", http.Header{"X-A": {strings.Repeat("x", 64<<10)}}, nil), headers},
		"host":              {signed(t, "http://"+strings.Repeat("h", 64<<10)+"/", "", nil, nil), headers},
		"host, many a time": {hosts, headers},
		"authority":         {withSigned(hosts, ":authority"), headers},
	} {
		t.Run(name, func(t *testing.T) {
			test.request.RequestURI = test.request.URL.RequestURI()
			err := verifyAt(time.Now(), test.request, "")
			wantCode(t, err, sigv4.CodeIncompleteSignature)
			if !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("%.200v, want %s", err, test.refusal)
			}
		})
	}
}

// withSigned is r with another name in place of host in what it signs.
func withSigned(r *http.Request, name string) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), "host;", name+";"))
	return r
}

func TestSessionTokenMustBeSigned(t *testing.T) {
	r := signed(t, "http://h/", "", nil, nil)
	r.RequestURI = "/"
	r.Header.Set("X-Amz-Security-Token", "of another session")
	err := verifyAt(time.Now(), r, "")
	wantCode(t, err, sigv4.CodeInvalidSignature)
	if !strings.Contains(err.Error(), "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.") {
		t.Error(err)
	}
}

func TestProxies(t *testing.T) {
	proxies := sigv4.Proxies{Peers: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Names: []string{"bedrock.example:443"}}
	for name, test := range map[string]struct {
		signedHost, peer string
		forwarded        []string
		accepted         bool
	}{
		"called by its own name":       {"inner:8484", "10.1.0.7:1", nil, true},
		"called by a configured name":  {"bedrock.example:443", "10.1.0.7:1", nil, true},
		"mapped address":               {"bedrock.example:443", "[::ffff:10.1.0.7]:1", nil, true},
		"not from a proxy":             {"bedrock.example:443", "10.2.0.7:1", nil, false},
		"from who knows where":         {"bedrock.example:443", "@", nil, false},
		"another name":                 {"else.example", "10.1.0.7:1", nil, false},
		"forwarded":                    {"else.example", "10.1.0.7:1", []string{"else.example"}, true},
		"forwarded, yet a known name":  {"bedrock.example:443", "10.1.0.7:1", []string{"else.example"}, true},
		"forwarded after the client's": {"else.example", "10.1.0.7:1", []string{"x", "evil.example,  else.example "}, true},
		"forwarded by the client":      {"else.example", "10.1.0.7:1", []string{"else.example, proxy.example"}, false},
		"forwarded by a stranger":      {"else.example", "10.2.0.7:1", []string{"else.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(t, "http://"+test.signedHost+"/", "", nil, nil)
			r.RequestURI, r.Host, r.RemoteAddr = "/", "inner:8484", test.peer
			r.Header["X-Forwarded-Host"] = test.forwarded
			sig, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			v := &sigv4.Verifier{Service: "bedrock", Hosts: proxies.Hosts}
			if err := v.Verify(r, nil, sig, secret); (err == nil) != test.accepted {
				t.Error(err)
			}
		})
	}
}

// TestHostsAreBounded offers the right host as the fifth.
func TestHostsAreBounded(t *testing.T) {
	r := signed(t, "http://right/", "", nil, nil)
	r.RequestURI, r.Host = "/", "wrong"
	sig, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"a", "b", "c", "d", "right"}
	v := &sigv4.Verifier{Service: "bedrock", Hosts: func(*http.Request) []string { return hosts }}
	wantCode(t, v.Verify(r, nil, sig, secret), sigv4.CodeInvalidSignature)
	hosts = hosts[1:]
	if err := v.Verify(r, nil, sig, secret); err != nil {
		t.Error(err)
	}
}
