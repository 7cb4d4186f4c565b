// Package sigv4 verifies requests signed with AWS Signature Version 4, in the
// Authorization header as the AWS SDKs sign calls to Amazon Bedrock, or in the
// query as they presign URLs.
//
// [Parse] reads what the client says of its signature, which names the access
// key; [Verifier.Verify] computes the signature anew with that key's secret, and
// [Verifier.VerifyHead] does so in two steps, one of them before the body has come.
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

	// maxHosts bounds the work for one request.
	maxHosts = 4

	// maxPooledBuffer keeps a rare giant request from occupying memory for good.
	maxPooledBuffer = 64 << 10
)

// Verifier verifies signatures for one service. It is safe for concurrent use
// and must not be copied.
type Verifier struct {
	// Service is the name that the credential scope must carry: "bedrock" for
	// both bedrock-runtime and bedrock.
	Service string
	// Regions are those that a credential scope may name; empty takes any but those
	// whose names begin as one of Elsewhere.
	Regions, Elsewhere []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Hosts gives the names by which a client may have called this server where
	// the request names another, as it does behind a proxy that rewrites Host;
	// see [Proxies]. At most four are tried. Nil means none.
	Hosts func(*http.Request) []string

	keys    keyCache
	buffers sync.Pool // of *[]byte
}

// Verify reports whether sig, parsed from r, is the signature that the holder of
// secret makes for r with body, now. The body is the whole one: r.Body is not
// read. It counts as signed unless the client says UNSIGNED-PAYLOAD in what it
// signs. A refusal is an [*Error], as a rule with the code
// InvalidSignatureException.
func (v *Verifier) Verify(r *http.Request, body []byte, sig Signature, secret string) error {
	verifyBody, err := v.VerifyHead(r, sig, secret)
	if err != nil {
		return err
	}
	return verifyBody(body)
}

// VerifyHead is Verify as far as the head of r goes: everything but the signature,
// and that too where the client states what it signed as the hash of its body, in
// X-Amz-Content-Sha256. What remains is for verifyBody to tell.
func (v *Verifier) VerifyHead(r *http.Request, sig Signature, secret string) (verifyBody func(body []byte) error, err error) {
	if err := v.check(r, sig); err != nil {
		return nil, err
	}
	stated := sig.payload != ""
	if stated {
		if err := v.checkSignature(r, sig, secret, claim{payload: sig.payload, agrees: true}); err != nil {
			return nil, err
		}
	}
	return func(body []byte) error {
		payload, agrees := payloadHash(sig.payload, body)
		if stated && agrees {
			return nil
		}
		return v.checkSignature(r, sig, secret, claim{payload: payload, agrees: agrees})
	}, nil
}

// check looks at everything but the signature itself.
func (v *Verifier) check(r *http.Request, sig Signature) error {
	if err := v.checkTime(sig); err != nil {
		return err
	}
	if err := checkSignedHeaders(sig); err != nil {
		return err
	}
	if err := v.checkScope(sig); err != nil {
		return err
	}
	return checkTarget(r)
}

func (v *Verifier) now() time.Time {
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	// AWS compares, and prints, whole seconds.
	return now().UTC().Truncate(time.Second)
}

func (v *Verifier) checkTime(sig Signature) error {
	current := v.now()
	good := maxSkew
	if sig.Expires != 0 {
		good = sig.Expires
	}
	switch {
	case sig.Time.Before(current.Add(-good)):
		return errExpired(sig.Time, current, good)
	case sig.Time.After(current.Add(maxSkew)):
		return errNotYetCurrent(sig.Time, current)
	}
	return nil
}

// claim is the last line of a canonical request, and whether it is true of the
// body that came.
type claim struct {
	payload string
	agrees  bool
}

// checkSignature tries the host that the request names first, then those that
// [Verifier.Hosts] knows. The refusal shows the first attempt.
func (v *Verifier) checkSignature(r *http.Request, sig Signature, secret string, c claim) error {
	refusal := v.checkHost(r, r.Host, sig, secret, c)
	if refusal == nil || v.Hosts == nil {
		return refusal
	}
	for i, host := range v.Hosts(r) {
		if i == maxHosts {
			break
		}
		if v.checkHost(r, host, sig, secret, c) == nil {
			return nil
		}
	}
	return refusal
}

func (v *Verifier) checkHost(r *http.Request, host string, sig Signature, secret string, c claim) error {
	if err := checkValues(r, host, sig.SignedHeaders); err != nil {
		return err
	}
	buffer := v.buffer()
	defer v.release(buffer)

	text := appendCanonicalRequest((*buffer)[:0], r, host, sig, c.payload)
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

	if subtle.ConstantTimeCompare(want[:], []byte(sig.value)) != 1 || !c.agrees {
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
