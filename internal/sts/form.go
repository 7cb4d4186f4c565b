package sts

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxForm bounds a request, in bytes. The longest have a token of 20,000
// characters, or 50 tags of 384; a character may take three bytes.
const maxForm = 128 << 10

// maxParameters bounds their number. The longest requests have 50 tags of two
// parameters and as many transitive keys.
const maxParameters = 256

// form are the parameters of a request in the query protocol.
type form url.Values

// readForm reads the parameters from the body of a POST or the query of a GET. The
// body is returned too, since it is signed.
func readForm(w http.ResponseWriter, r *http.Request) (form, []byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, nil, errMalformedInput("Unable to read the request body, or it is too long.")
	}
	text := string(body)
	switch r.Method {
	case http.MethodGet:
		text = r.URL.RawQuery
	case http.MethodPost:
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if kind != "application/x-www-form-urlencoded" && len(body) > 0 {
			return nil, nil, errMalformedInput("The content type must be application/x-www-form-urlencoded.")
		}
	default:
		return nil, nil, errMalformedInput("The method must be GET or POST.")
	}
	if len(text) > maxForm || strings.Count(text, "&") >= maxParameters {
		return nil, nil, errMalformedInput("There are too many parameters.")
	}
	values, err := url.ParseQuery(text)
	if err != nil || !form(values).isText() {
		return nil, nil, errMalformedInput("Unable to read the parameters.")
	}
	return form(values), body, nil
}

// isText says whether all is UTF-8, as the parts of sessions must be.
func (f form) isText() bool {
	for name, values := range f {
		if !utf8.ValidString(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return false
		}
	}
	return true
}

// get returns the value of a parameter, or nothing.
func (f form) get(name string) string { return url.Values(f).Get(name) }

func (f form) has(name string) bool { return url.Values(f).Has(name) }

// members are the names of a list's parameters: of PolicyArns for
// PolicyArns.member.1.arn, PolicyArns.member.2.arn and so on, PolicyArns.member.1 and
// PolicyArns.member.2. A list has at most one member more than most, which shows that
// it is too long.
func (f form) members(list string, most int) []string {
	var names []string
	for i := 1; i <= most+1; i++ {
		name := list + ".member." + strconv.Itoa(i)
		if !f.hasPart(name) {
			break
		}
		names = append(names, name)
	}
	return names
}

func (f form) hasPart(name string) bool {
	if f.has(name) {
		return true
	}
	for other := range f {
		if strings.HasPrefix(other, name+".") {
			return true
		}
	}
	return false
}
