package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestVerifyMutations changes every byte that a captured request signs, one at a
// time, and finds none of the results accepted.
func TestVerifyMutations(t *testing.T) {
	for _, c := range readCaptured(t) {
		t.Run(c.name(), func(t *testing.T) {
			refused := func(what string, r *http.Request, body []byte) {
				t.Helper()
				if verify(r, body, secret) == nil {
					t.Errorf("accepted with another %s", what)
				}
			}
			for i := range len(c.Method) {
				r := c.request()
				r.Method = flip(r.Method, i)
				refused("method", r, []byte(c.Body))
			}
			for i := range len(c.RequestURI) {
				r := c.request()
				r.RequestURI = flip(r.RequestURI, i)
				refused("target", r, []byte(c.Body))
			}
			for i := range len(c.Host) {
				r := c.request()
				r.Host = flip(r.Host, i)
				refused("host", r, []byte(c.Body))
			}
			for _, name := range append(signedHeaders(t, c), "Authorization") {
				value := c.Header.Get(name)
				for i := range len(value) {
					r := c.request()
					r.Header.Set(name, flip(value, i))
					refused(name, r, []byte(c.Body))
				}
			}
			for _, name := range signedHeaders(t, c) {
				r := c.request()
				r.Header.Add(name, "")
				refused("count of "+name, r, []byte(c.Body))
			}
			if strings.Contains(c.Header.Get("Authorization"), "content-length") {
				r := c.request()
				r.ContentLength++
				refused("length", r, []byte(c.Body))
			}
			for i := range len(c.Body) {
				refused("body", c.request(), []byte(flip(c.Body, i)))
			}
			refused("longer body", c.request(), append([]byte(c.Body), ' '))
			if c.Body != "" {
				refused("shorter body", c.request(), []byte(c.Body[1:]))
			}
		})
	}
}

// signedHeaders are the names of the headers that a request signs, without those
// that the server does not take from http.Request.Header.
func signedHeaders(t *testing.T, c captured) []string {
	t.Helper()
	var names []string
	_, list, _ := strings.Cut(c.Header.Get("Authorization"), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	for name := range strings.SplitSeq(list, ";") {
		switch name {
		case "host", ":authority", "content-length":
			continue
		}
		if c.Header.Get(name) == "" {
			t.Fatalf("signs %s, which it lacks", name)
		}
		names = append(names, name)
	}
	return names
}

// flip changes one bit of one byte; of all bits the one that turns no character
// into its other case, no separator of Authorization into another, and no
// escape into an equivalent one.
func flip(s string, i int) string {
	b := []byte(s)
	b[i] ^= 1
	return string(b)
}
