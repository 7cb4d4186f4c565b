package sigv4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	// unsignedPayload stands for the payload hash when the client signed no body.
	unsignedPayload = "UNSIGNED-PAYLOAD"
	// signedEvents stands for it when each event of the body has a signature of
	// its own.
	signedEvents = "STREAMING-AWS4-HMAC-SHA256-EVENTS"
)

// payloadHash is the last line of the canonical request, and whether it agrees
// with the hash that the client stated in X-Amz-Content-Sha256. Most clients
// state none.
func payloadHash(stated string, body []byte) (hash string, agrees bool) {
	if stated == unsignedPayload {
		return stated, true
	}
	sum := sha256.Sum256(body)
	hash = hex.EncodeToString(sum[:])
	return hash, stated == "" || stated == hash
}

// appendCanonicalRequest appends the form of r that client and server sign.
func appendCanonicalRequest(dst []byte, r *http.Request, host string, sig Signature, payload string) []byte {
	path, query := splitTarget(r.RequestURI)
	dst = append(dst, r.Method...)
	dst = append(dst, '\n')
	dst = appendCanonicalPath(dst, path)
	dst = append(dst, '\n')
	dst = appendCanonicalQuery(dst, query, sig.presigned)
	dst = append(dst, '\n')
	dst = appendCanonicalHeaders(dst, r, host, sig.SignedHeaders)
	dst = append(dst, '\n')
	dst = append(dst, sig.SignedHeaders...)
	dst = append(dst, '\n')
	return append(dst, payload...)
}

// splitTarget cuts a request target, as it came over the wire, into the escaped
// path and the query.
func splitTarget(target string) (path, query string) {
	path, query, _ = strings.Cut(target, "?")
	if _, rest, ok := strings.Cut(path, "://"); ok && path[0] != '/' {
		// The absolute form, which clients of a proxy send: scheme://authority/path.
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	return path, query
}

// appendCanonicalPath escapes a path that is escaped already. That is the rule
// for every service but Amazon S3, and it makes %3A and a raw colon differ.
func appendCanonicalPath(dst []byte, path string) []byte {
	for i := range len(path) {
		if path[i] == '/' {
			dst = append(dst, '/')
			continue
		}
		dst = appendEscapedByte(dst, path[i])
	}
	return dst
}

// appendCanonicalQuery sorts the parameters by name, then value, after escaping
// them anew. The signature of a presigned request cannot sign itself.
func appendCanonicalQuery(dst []byte, query string, presigned bool) []byte {
	if query == "" {
		return dst
	}
	type parameter struct{ name, value string }
	var parameters []parameter
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		p := parameter{reescape(name), reescape(value)}
		if presigned && p.name == signatureName {
			continue
		}
		parameters = append(parameters, p)
	}
	slices.SortFunc(parameters, func(a, b parameter) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	for i, p := range parameters {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

// reescape gives a part of a query the one escaping that is signed.
func reescape(s string) string {
	s = unescape(s)
	escaped := make([]byte, 0, len(s))
	for i := range len(s) {
		escaped = appendEscapedByte(escaped, s[i])
	}
	return string(escaped)
}

func appendEscapedByte(dst []byte, c byte) []byte {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
		c == '-', c == '_', c == '.', c == '~':
		return append(dst, c)
	}
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&0xf])
}

// appendCanonicalHeaders appends a line for each signed header, in the order in
// which the client names them. One that r lacks counts as empty.
func appendCanonicalHeaders(dst []byte, r *http.Request, host, signedHeaders string) []byte {
	for name := range strings.SplitSeq(signedHeaders, ";") {
		dst = append(dst, name...)
		dst = append(dst, ':')
		switch {
		case isHost(name):
			dst = appendTrimmed(dst, host)
		case name == "content-length" && r.ContentLength >= 0:
			dst = strconv.AppendInt(dst, r.ContentLength, 10)
		default:
			for i, value := range headerValues(r.Header, name) {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendTrimmed(dst, value)
			}
		}
		dst = append(dst, '\n')
	}
	return dst
}

// headerValues is h.Values for a lower-case name, without the allocation that
// http.CanonicalHeaderKey makes for a name it does not know.
func headerValues(h http.Header, name string) []string {
	var key [64]byte
	if len(name) > len(key) {
		return h.Values(name)
	}
	start := true
	for i := range len(name) {
		c := name[i]
		if start && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		key[i] = c
		start = c == '-'
	}
	return h[string(key[:len(name)])]
}

// appendTrimmed appends a header's value without the blanks around it, and with
// one space for each run of blanks inside.
func appendTrimmed(dst []byte, value string) []byte {
	start, blank := len(dst), false
	for i := range len(value) {
		c := value[i]
		if c == ' ' || c == '\t' {
			blank = true
			continue
		}
		if blank && len(dst) > start {
			dst = append(dst, ' ')
		}
		blank = false
		dst = append(dst, c)
	}
	return dst
}
