package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"time"
)

// Events verifies the signatures of the events in a request's body. Each signs
// the one before it, and the first the request itself. It is for one request and
// not safe for concurrent use.
type Events struct {
	verifier *Verifier
	secret   string
	scope    Credential
	previous [sha256.Size]byte
}

// VerifyEvents is [Verifier.Verify] for a request whose body is a stream of signed
// events: its signature vouches for no body, and says so by the payload hash
// STREAMING-AWS4-HMAC-SHA256-EVENTS; a presigned request, which opens a WebSocket,
// by that of no body or by none.
func (v *Verifier) VerifyEvents(r *http.Request, sig Signature, secret string) (*Events, error) {
	if err := v.check(r, sig); err != nil {
		return nil, err
	}
	c := claim{payload: sig.payload, agrees: sig.payload == signedEvents}
	if sig.presigned && !c.agrees {
		c.payload, c.agrees = payloadHash(sig.payload, nil)
		c.agrees = c.agrees && c.payload != unsignedPayload
	}
	if err := v.checkSignature(r, sig, secret, c); err != nil {
		return nil, err
	}
	events := &Events{verifier: v, secret: secret, scope: sig.Credential}
	// It was just found to be the right one: 64 hex digits.
	if _, err := hex.Decode(events.previous[:], []byte(sig.value)); err != nil {
		return nil, errMismatch(nil, nil)
	}
	return events, nil
}

// Event is what one signature of a stream covers.
type Event struct {
	// Time is the value of the event's :date header.
	Time time.Time
	// Headers are the event's headers but for :chunk-signature, encoded as they
	// came.
	Headers []byte
	// Payload is the event's payload, the signed message in whole.
	Payload []byte
	// Signature is the value of :chunk-signature.
	Signature []byte
}

// Verify reports whether the next event is what the client signed. After a
// refusal, an [*Error] with the code InvalidSignatureException, no further event
// of the stream verifies.
func (e *Events) Verify(event Event) error {
	signed := event.Time.UTC().Truncate(time.Second)
	current := e.verifier.now()
	switch {
	case signed.Before(current.Add(-maxSkew)):
		return errExpired(signed, current, maxSkew)
	case signed.After(current.Add(maxSkew)):
		return errNotYetCurrent(signed, current)
	}
	date := signed.Format(dateLayout)
	text := append([]byte(nil), algorithm+"-PAYLOAD\n"...)
	text = signed.AppendFormat(text, timeLayout)
	text = append(text, '\n')
	text = append(text, date+"/"+e.scope.Region+"/"+e.scope.Service+"/"+terminator+"\n"...)
	text = hex.AppendEncode(text, e.previous[:])
	for _, part := range [...][]byte{event.Headers, event.Payload} {
		sum := sha256.Sum256(part)
		text = append(text, '\n')
		text = hex.AppendEncode(text, sum[:])
	}
	want := hmacSHA256(e.key(date), text)
	if subtle.ConstantTimeCompare(want[:], event.Signature) != 1 {
		return errMismatch(nil, text)
	}
	e.previous = want
	return nil
}

// key is the signing key of the day, which may be another than when the stream
// began.
func (e *Events) key(date string) []byte {
	scope := keyScope{secret: e.secret, date: date, region: e.scope.Region, service: e.scope.Service}
	key, cached := e.verifier.keys.get(scope)
	if !cached {
		key = signingKey(scope)
		e.verifier.keys.put(scope, key)
	}
	return key[:]
}
