package sigv4_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// FuzzVerify feeds arbitrary requests to the parser and, when it takes them, to
// the verifier. Whatever comes, nothing crashes, a refusal is an *Error, and
// nothing is accepted with a secret that nobody has.
func FuzzVerify(f *testing.F) {
	f.Add("", "", "", "", "")
	for _, c := range readCaptured(f, "requests.json") {
		f.Add(c.Header.Get("Authorization"), c.Header.Get("X-Amz-Date"), c.RequestURI, c.Host, c.Header.Get("Content-Type"))
	}
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e SignedHeaders=:authority;;a, Signature=", "20250210T013911Z",
		"http://h?%zz&=&a;b=%", "h", " a\t b ")
	f.Fuzz(func(t *testing.T, authorization, date, target, host, value string) {
		r := &http.Request{Method: "POST", RequestURI: target, Host: host, ContentLength: -1, Header: http.Header{
			"Authorization": {authorization},
			"X-Amz-Date":    {date},
			"Content-Type":  {value, value},
		}}
		sig, err := sigv4.Parse(r)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		credential := strings.Join([]string{sig.AccessKeyID, sig.Date, sig.Region, sig.Service}, "/")
		if !strings.Contains(authorization, "Credential="+credential+"/") || !strings.Contains(authorization, sig.SignedHeaders) {
			t.Errorf("%+v is not what %q says", sig, authorization)
		}
		wantRefusal(t, verifierAt(sig.Time).Verify(r, nil, sig, "a secret that nobody has"))
	})
}

func wantRefusal(t *testing.T, err error) {
	t.Helper()
	var refusal *sigv4.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%v is no refusal", err)
	}
	switch refusal.Code {
	case sigv4.CodeMissingAuthenticationToken, sigv4.CodeIncompleteSignature, sigv4.CodeInvalidSignature:
	default:
		t.Fatalf("unknown code %s", refusal.Code)
	}
}

// FuzzPresigned feeds arbitrary targets to the parser of presigned requests, and
// what it takes to the verifier.
func FuzzPresigned(f *testing.F) {
	for _, c := range readCaptured(f, "sdks.json") {
		if c.Header.Get("Authorization") == "" {
			f.Add(c.RequestURI)
		}
	}
	f.Add("/?X-Amz-Algorithm&X-Amz-Signature=%zz&X-Amz-Expires=1")
	f.Fuzz(func(t *testing.T, target string) {
		r := &http.Request{Method: "GET", RequestURI: target, Host: "h", Header: http.Header{}}
		sig, err := sigv4.Parse(r)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if sig.Expires < 0 || sig.Expires > 7*24*time.Hour {
			t.Errorf("good for %v", sig.Expires)
		}
		wantRefusal(t, verifierAt(sig.Time).Verify(r, nil, sig, "a secret that nobody has"))
		_, err = verifierAt(sig.Time).VerifyEvents(r, sig, "a secret that nobody has")
		wantRefusal(t, err)
	})
}
