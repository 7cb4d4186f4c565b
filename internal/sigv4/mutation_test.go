package sigv4_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestVerifyMutations changes every byte that a captured request signs, one at a
// time and to several others, and finds none of the results accepted. Left out are
// only changes that Signature Version 4 itself takes for none, since they are gone
// after canonicalisation; sameTarget, sameValue and sameAuthorization say which.
// The clock is always right, so that nothing but the signature refuses.
func TestVerifyMutations(t *testing.T) {
	for _, c := range append(readCaptured(t, "requests.json"), readCaptured(t, "sdks.json")...) {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			m := mutation{t: t, captured: c}
			m.line()
			m.headers()
			m.body()
			if m.refused == 0 {
				t.Error("nothing was changed")
			}
		})
	}
}

type mutation struct {
	captured
	t       *testing.T
	refused int
}

// refuse sends a request that must not be accepted.
func (m *mutation) refuse(what string, change func(*http.Request), body string) {
	m.t.Helper()
	r := m.request()
	change(r)
	if verify(m.captured, r, []byte(body), secret) == nil {
		m.t.Errorf("accepted with another %s: %s %s %v", what, r.Method, r.RequestURI, r.Header)
	}
	m.refused++
}

// line changes the method, the target and the host.
func (m *mutation) line() {
	for method := range mutants(m.Method) {
		m.refuse("method", func(r *http.Request) { r.Method = method }, m.Body)
	}
	for target := range mutants(m.RequestURI) {
		if !sameTarget(target, m.RequestURI) {
			m.refuse("target", func(r *http.Request) { r.RequestURI = target }, m.Body)
		}
	}
	for _, more := range []string{"/", "?x", "&x=1", "&X-Amz-Signature=0", "&X-Amz-Expires=9", "&X-Amz-Security-Token=x"} {
		m.refuse("target", func(r *http.Request) { r.RequestURI += more }, m.Body)
	}
	for host := range mutants(m.Host) {
		if !sameValue(host, m.Host) {
			m.refuse("host", func(r *http.Request) { r.Host = host }, m.Body)
		}
	}
}

// headers changes the names, the values and the numbers of headers, and what
// Authorization says.
func (m *mutation) headers() {
	authorization := m.Header.Get("Authorization")
	for header := range mutants(authorization) {
		if !sameAuthorization(header, authorization) {
			m.refuse("Authorization", func(r *http.Request) { r.Header.Set("Authorization", header) }, m.Body)
		}
	}
	for _, name := range signedHeaders(m.t, m.captured) {
		value := m.Header.Get(name)
		for changed := range mutants(value) {
			if !sameValue(changed, value) {
				m.refuse(name, func(r *http.Request) { r.Header.Set(name, changed) }, m.Body)
			}
		}
		// Whatever byte of a name is changed, the header is gone.
		m.refuse("name in place of "+name, func(r *http.Request) {
			r.Header.Del(name)
			r.Header.Set("X-"+name, value)
		}, m.Body)
		m.refuse("count of "+name, func(r *http.Request) { r.Header.Add(name, "") }, m.Body)
	}
	if strings.Contains(authorization, "content-length") {
		m.refuse("length", func(r *http.Request) { r.ContentLength++ }, m.Body)
	}
}

func (m *mutation) body() {
	same := func(*http.Request) {}
	for body := range mutants(m.Body) {
		m.refuse("body", same, body)
	}
	m.refuse("longer body", same, m.Body+" ")
	if m.Body != "" {
		m.refuse("shorter body", same, m.Body[1:])
	}
	m.refuse("claim", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }, m.Body)
	m.refuse("claim", func(r *http.Request) {
		r.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-EVENTS")
	}, m.Body)
}

// mutants are all strings that differ from s in one byte, of which the neighbour
// by one bit, the other case, and the bytes that mean something somewhere are
// taken.
func mutants(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(s) {
			for _, other := range []byte{s[i] ^ 1, s[i] ^ 0x20, ' ', ',', '&', '%', '0'} {
				if other != s[i] && !yield(s[:i]+string([]byte{other})+s[i+1:]) {
					return
				}
			}
		}
	}
}

// sameTarget reports whether two targets have the same path, byte for byte, and the
// same parameters, however they are escaped and ordered: "+" and "%20", "%2f" and
// "%2F" are the same in a query, and so are "a" and "a=".
func sameTarget(a, b string) bool {
	pathA, queryA, _ := strings.Cut(a, "?")
	pathB, queryB, _ := strings.Cut(b, "?")
	return pathA == pathB && slices.Equal(meaning(queryA), meaning(queryB))
}

func meaning(query string) []string {
	var all []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair != "" {
			all = append(all, decoded(name)+"\x00"+decoded(value))
		}
	}
	slices.Sort(all)
	return all
}

func decoded(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// sameValue reports whether two values of a header differ in nothing but the length
// and the kind of runs of blanks.
func sameValue(a, b string) bool {
	blank := func(c rune) bool { return c == ' ' || c == '\t' }
	return slices.Equal(strings.FieldsFunc(a, blank), strings.FieldsFunc(b, blank))
}

// sameAuthorization reports whether two headers have the same parts, whichever
// commas and spaces stand between them.
func sameAuthorization(a, b string) bool {
	schemeA, partsA, _ := strings.Cut(strings.TrimSpace(a), " ")
	schemeB, partsB, _ := strings.Cut(strings.TrimSpace(b), " ")
	separator := func(c rune) bool { return c == ' ' || c == ',' }
	return schemeA == schemeB && slices.Equal(strings.FieldsFunc(partsA, separator), strings.FieldsFunc(partsB, separator))
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
		case "", "host", ":authority", "content-length":
			continue
		}
		if c.Header.Get(name) == "" {
			t.Fatalf("signs %s, which it lacks", name)
		}
		names = append(names, name)
	}
	return names
}
