package sigv4_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/saprolite/saprolite/internal/sigv4"
)

const streaming = "STREAMING-AWS4-HMAC-SHA256-EVENTS"

// TestVerifyEvents has the SDK sign a stream that goes on past midnight.
func TestVerifyEvents(t *testing.T) {
	evening := time.Date(2025, 2, 10, 23, 58, 0, 0, time.UTC)
	now := evening
	v := &sigv4.Verifier{Service: "bedrock", Now: func() time.Time { return now }}
	r, seed := streamRequest(t, evening)
	sig, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	events, err := v.VerifyEvents(r, sig, secret)
	if err != nil {
		t.Fatal(err)
	}
	signer := v4.NewStreamSigner(aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, "bedrock", "us-east-1", seed)
	var event sigv4.Event
	for _, payload := range []string{"first", "second", "third", ""} {
		event = sigv4.Event{Time: now, Headers: []byte("\x05:date\x08" + payload), Payload: []byte(payload)}
		if event.Signature, err = signer.GetSignature(t.Context(), event.Headers, event.Payload, now); err != nil {
			t.Fatal(err)
		}
		for what, wrong := range map[string]sigv4.Event{
			"time":      {Time: event.Time.Add(time.Second), Headers: event.Headers, Payload: event.Payload, Signature: event.Signature},
			"old":       {Time: event.Time.Add(-6 * time.Minute), Headers: event.Headers, Payload: event.Payload, Signature: event.Signature},
			"future":    {Time: event.Time.Add(6 * time.Minute), Headers: event.Headers, Payload: event.Payload, Signature: event.Signature},
			"headers":   {Time: event.Time, Headers: []byte("x"), Payload: event.Payload, Signature: event.Signature},
			"payload":   {Time: event.Time, Headers: event.Headers, Payload: []byte("x"), Signature: event.Signature},
			"signature": {Time: event.Time, Headers: event.Headers, Payload: event.Payload, Signature: event.Signature[1:]},
		} {
			if err := events.Verify(wrong); err == nil {
				t.Errorf("%q with another %s is accepted", payload, what)
			}
		}
		if err := events.Verify(event); err != nil {
			t.Errorf("%q: %v", payload, err)
		}
		now = now.Add(time.Minute)
	}
	wantCode(t, events.Verify(event), sigv4.CodeInvalidSignature)
}

// streamRequest opens a stream of signed events. The seed of their signatures is
// its own.
func streamRequest(t *testing.T, when time.Time) (r *http.Request, seed []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/model/x/invoke-with-bidirectional-stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", streaming)
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, streaming, "bedrock", "us-east-1", when); err != nil {
		t.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI()
	_, value, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	seed, err = hex.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	return r, seed
}

// TestPayloadRules holds the two kinds of requests apart: a signed stream is no
// signed body, and neither is the other.
func TestPayloadRules(t *testing.T) {
	stream, _ := streamRequest(t, signingTime)
	for name, test := range map[string]struct {
		request      *http.Request
		body, events bool
	}{
		"stream":                      {stream, false, true},
		"presigned":                   {presigned(t, "http://h/?X-Amz-Expires=60", "", emptyHash), true, true},
		"presigned stream":            {presigned(t, "http://h/?X-Amz-Content-Sha256="+streaming, "", streaming), false, true},
		"presigned, nothing signed":   {presigned(t, "http://h/?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", "", "UNSIGNED-PAYLOAD"), true, false},
		"presigned for another claim": {presigned(t, "http://h/", "", streaming), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := verifyAt(signingTime, test.request, ""); (err == nil) != test.body {
				t.Errorf("Verify: %v", err)
			}
			sig, err := sigv4.Parse(test.request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verifierAt(signingTime).VerifyEvents(test.request, sig, secret); (err == nil) != test.events {
				t.Errorf("VerifyEvents: %v", err)
			}
		})
	}
	header := signed(t, "http://h/", "", nil, nil)
	header.RequestURI = "/"
	sig, err := sigv4.Parse(header)
	if err != nil {
		t.Fatal(err)
	}
	_, err = verifierAt(sig.Time).VerifyEvents(header, sig, secret)
	wantCode(t, err, sigv4.CodeInvalidSignature)
}
