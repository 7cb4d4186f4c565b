package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"
)

// The two ways in which the SDKs come on a plain socket.
const (
	http1 = "HTTP/1.1"
	h2c   = "HTTP/2.0"
)

// newClient makes a client that speaks one version of HTTP, over connections of
// its own.
func newClient(t testing.TB, version string) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(version == http1)
	protocols.SetUnencryptedHTTP2(version == h2c)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// overBoth runs a test by a client of each version.
func overBoth(t *testing.T, test func(t *testing.T, client *http.Client)) {
	for _, version := range []string{http1, h2c} {
		t.Run(version, func(t *testing.T) { test(t, newClient(t, version)) })
	}
}

// newRequest makes a request of JSON; the path of the URL goes out as it stands.
func newRequest(t testing.TB, ctx context.Context, url, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return request
}

// answered is an answer that was read to its end.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func do(t testing.TB, client *http.Client, request *http.Request) answered {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, readAll(t, response.Body)}
}

func post(t testing.TB, client *http.Client, url, body string) answered {
	t.Helper()
	return do(t, client, newRequest(t, t.Context(), url, body))
}

// messageOf is the text of an error, or nothing.
func messageOf(t testing.TB, got answered) string {
	t.Helper()
	var body struct{ Message string }
	if got.status < 400 {
		return ""
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	return body.Message
}
