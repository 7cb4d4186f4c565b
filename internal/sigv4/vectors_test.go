package sigv4_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/sigv4"
)

const (
	keyID  = "SAPROLITELOCALDEVKEY"
	secret = "local-development-only-secret-key-000000"
)

// captured is a request of testdata/requests.json or sdks.json.
type captured struct {
	Client        string
	Proto         string
	Method        string
	RequestURI    string
	Host          string
	ContentLength int64
	Header        http.Header
	Body          string
}

func (c captured) request() *http.Request {
	return &http.Request{
		Method:        c.Method,
		RequestURI:    c.RequestURI,
		Host:          c.Host,
		Header:        c.Header.Clone(),
		ContentLength: c.ContentLength,
	}
}

func (c captured) name() string { return c.Client + " " + c.Proto + " " + c.RequestURI }

// service is the one that the request is signed for.
func (c captured) service() string {
	if strings.Contains(c.RequestURI, "%2Fsts%2Faws4_request") {
		return "sts"
	}
	return "bedrock"
}

// sessionToken is the one that the request bears.
func (c captured) sessionToken() string {
	if _, rest, ok := strings.Cut(c.RequestURI, "X-Amz-Security-Token="); ok {
		value, _, _ := strings.Cut(rest, "&")
		return decoded(value)
	}
	return c.Header.Get("X-Amz-Security-Token")
}

func readCaptured(tb testing.TB, file string) []captured {
	tb.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		tb.Fatal(err)
	}
	var requests []captured
	if err := json.Unmarshal(data, &requests); err != nil {
		tb.Fatal(err)
	}
	return requests
}

// verifierAt returns a verifier whose clock stands still.
func verifierAt(now time.Time) *sigv4.Verifier {
	return &sigv4.Verifier{Service: "bedrock", Now: func() time.Time { return now }}
}

// verify does what a server does that knows one key and one service, that of c, at
// the time that the signature gives.
func verify(c captured, r *http.Request, body []byte, secret string) error {
	sig, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if sig.AccessKeyID != keyID {
		return errors.New("unknown access key")
	}
	v := verifierAt(sig.Time)
	v.Service = c.service()
	return v.Verify(r, body, sig, secret)
}

func TestVerifyCapturedRequests(t *testing.T) {
	requests := append(readCaptured(t, "requests.json"), readCaptured(t, "sdks.json")...)
	if len(requests) != 19+28 {
		t.Fatalf("%d captured requests, want 47", len(requests))
	}
	for _, c := range requests {
		t.Run(c.name(), func(t *testing.T) {
			r := c.request()
			sig, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			if sig.AccessKeyID != keyID || sig.Region != "us-east-1" || sig.Service != c.service() {
				t.Errorf("credential %+v", sig.Credential)
			}
			if want := c.sessionToken(); sig.SessionToken != want {
				t.Errorf("session token %q, want %q", sig.SessionToken, want)
			}
			v := verifierAt(sig.Time)
			v.Service = c.service()
			if err := v.Verify(r, []byte(c.Body), sig, secret); err != nil {
				t.Error(err)
			}
			if err := v.Verify(r, []byte(c.Body), sig, secret); err != nil {
				t.Error("from the cache:", err)
			}
			wantCode(t, v.Verify(r, []byte(c.Body), sig, secret+"1"), sigv4.CodeInvalidSignature)
		})
	}
}

// TestVerifySuite holds two signatures of the suite that AWS published with
// Signature Version 4: get-vanilla and get-vanilla-query-order-key-case.
func TestVerifySuite(t *testing.T) {
	for target, signature := range map[string]string{
		"/":                             "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		"/?Param2=value2&Param1=value1": "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
	} {
		r := &http.Request{Method: "GET", RequestURI: target, Host: "example.amazonaws.com", Header: http.Header{
			"X-Amz-Date": {"20150830T123600Z"},
			"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
				"SignedHeaders=host;x-amz-date, Signature=" + signature},
		}}
		sig, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		v := verifierAt(sig.Time)
		v.Service = "service"
		if err := v.Verify(r, nil, sig, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *sigv4.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("error %v, want %s", err, code)
	}
	if refusal.Code != code {
		t.Fatalf("error %v, want %s", err, code)
	}
	if strings.Contains(refusal.Message, secret) {
		t.Error("the text holds the secret")
	}
}
