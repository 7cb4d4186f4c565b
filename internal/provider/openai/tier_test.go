package openai_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// A server hears of the tiers that it has, and is believed about the one that it
// served.
func TestServiceTier(t *testing.T) {
	for _, test := range []struct{ asked, answered, sent, served string }{
		{"", "", "", ""},
		{"flex", "default", "flex", "default"},
		{"flex", "auto", "flex", ""},
		{"priority", "", "", ""},
	} {
		var body string
		client := clientOf(func(request *http.Request) (*http.Response, error) {
			text, _ := io.ReadAll(request.Body) // it is in memory
			body = string(text)
			answer := `{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"service_tier":"` + test.answered + `"}`
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
		})
		client.ServiceTiers = []bedrock.ServiceTierType{"flex"}
		call := ask("hi")
		if test.asked != "" {
			call.Request.ServiceTier = &bedrock.ServiceTier{Type: bedrock.ServiceTierType(test.asked)}
		}
		served := ""
		for event, err := range client.Converse(t.Context(), call) {
			if err != nil {
				t.Fatal(err)
			}
			if event.Metadata != nil && event.Metadata.ServiceTier != nil {
				served = string(event.Metadata.ServiceTier.Type)
			}
		}
		if served != test.served || strings.Contains(body, "service_tier") != (test.sent != "") || !strings.Contains(body, test.sent) {
			t.Errorf("%+v: served %q, sent %s", test, served, body)
		}
	}
}
