// Package sigv4 verifies requests signed with AWS Signature Version 4 in the
// Authorization header, as the AWS SDKs sign calls to Amazon Bedrock.
//
// [Parse] reads what the client says of its signature, which names the access
// key; [Verifier.Verify] computes the signature anew with that key's secret.
// Between the two stands whoever knows the secrets. All refusals are of type
// [*Error] and carry the names and texts of AWS.
//
// The rules are those of "Create a signed AWS API request" in the IAM User
// Guide, for services other than Amazon S3: the escaped path is escaped once
// more.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"

	timeLayout = "20060102T150405Z"
	dateLayout = "20060102"

	// maxSkew is how far a signature's time may lie from the clock, either way.
	maxSkew = 5 * time.Minute

	// maxPooledBuffer keeps a rare giant request from occupying memory for good.
	maxPooledBuffer = 64 << 10
)

// Verifier verifies signatures for one service. It is safe for concurrent use
// and must not be copied.
type Verifier struct {
	// Service is the name that the credential scope must carry: "bedrock" for
	// both bedrock-runtime and bedrock.
	Service string
	// Regions are those that a credential scope may name; empty takes any.
	Regions []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	keys    keyCache
	buffers sync.Pool // of *[]byte
}

// Verify reports whether sig, parsed from r, is the signature that the holder of
// secret makes for r with body, now. The body is the whole one: r.Body is not
// read. A refusal is an [*Error] with the code InvalidSignatureException.
func (v *Verifier) Verify(r *http.Request, body []byte, sig Signature, secret string) error {
	if err := v.checkTime(sig.Time); err != nil {
		return err
	}
	if err := checkSignedHeaders(sig.SignedHeaders); err != nil {
		return err
	}
	if err := v.checkScope(sig); err != nil {
		return err
	}
	return v.checkSignature(r, body, sig, secret)
}

func (v *Verifier) checkTime(signed time.Time) error {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	// AWS compares, and prints, whole seconds.
	current := now().UTC().Truncate(time.Second)
	switch {
	case signed.Before(current.Add(-maxSkew)):
		return errExpired(signed, current)
	case signed.After(current.Add(maxSkew)):
		return errNotYetCurrent(signed, current)
	}
	return nil
}

func (v *Verifier) checkSignature(r *http.Request, body []byte, sig Signature, secret string) error {
	buffer := v.buffer()
	defer v.release(buffer)

	payload, agrees := payloadHash(r.Header.Get("X-Amz-Content-Sha256"), body)
	text := appendCanonicalRequest((*buffer)[:0], r, sig.SignedHeaders, payload)
	end := len(text)
	text = appendStringToSign(text, sig, sha256.Sum256(text))
	*buffer = text
	canonicalRequest, stringToSign := text[:end], text[end:]

	scope := keyScope{secret: secret, date: sig.Date, region: sig.Region, service: sig.Service}
	key, cached := v.keys.get(scope)
	if !cached {
		key = signingKey(scope)
	}
	mac := hmacSHA256(key[:], stringToSign)
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], mac[:])

	if subtle.ConstantTimeCompare(want[:], []byte(sig.value)) != 1 || !agrees {
		return errMismatch(canonicalRequest, stringToSign)
	}
	if !cached {
		// Only now: a caller without the secret must not be able to fill the cache.
		v.keys.put(scope, key)
	}
	return nil
}

// appendStringToSign appends what the signature is made of.
func appendStringToSign(dst []byte, sig Signature, canonicalRequest [sha256.Size]byte) []byte {
	dst = append(dst, algorithm+"\n"...)
	dst = sig.Time.AppendFormat(dst, timeLayout)
	separator := byte('\n')
	for _, part := range [...]string{sig.Date, sig.Region, sig.Service, sig.terminator} {
		dst = append(dst, separator)
		dst = append(dst, part...)
		separator = '/'
	}
	dst = append(dst, '\n')
	return hex.AppendEncode(dst, canonicalRequest[:])
}

func hmacSHA256(key, data []byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	mac.Sum(sum[:0])
	return sum
}

func (v *Verifier) buffer() *[]byte {
	if buffer, ok := v.buffers.Get().(*[]byte); ok {
		return buffer
	}
	return new(make([]byte, 0, 4<<10))
}

func (v *Verifier) release(buffer *[]byte) {
	if cap(*buffer) <= maxPooledBuffer {
		v.buffers.Put(buffer)
	}
}
