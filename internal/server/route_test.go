package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// Model ids come escaped or raw, and are one segment of the path.
func TestModelIDsInPaths(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, `default: {reply: "${model}"}`)))
	const (
		arn     = "arn:aws:bedrock:us-east-1::foundation-model/" + claude
		profile = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." + claude
	)
	full := strings.NewReplacer(":", "%3A", "/", "%2F")
	overBoth(t, func(t *testing.T, client *http.Client) {
		for _, id := range []string{
			claude, full.Replace(claude), strings.ToLower(full.Replace(claude)), "us." + claude,
			full.Replace(arn), strings.Replace(arn, "/", "%2F", 1), strings.Replace(arn, "/", "%2f", 1), full.Replace(profile),
			strings.Replace(full.Replace(claude), "-", "%2D", 1),
		} {
			got := post(t, client, web.URL+"/model/"+id+"/converse", conversationBody)
			if got.status != 200 || !strings.Contains(string(got.body), `"text":"`+claude+`"`) {
				t.Errorf("%s: %d %s", id, got.status, got.body)
			}
		}
		for _, id := range []string{arn, profile, "/" + claude, claude + "/"} {
			got := post(t, client, web.URL+"/model/"+id+"/converse", conversationBody)
			wantError(t, got, 404, "UnknownOperationException"+ofCoral,
				`{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`)
		}
	})
}

// What is no operation is said to be none, and never redirected.
func TestUnknownOperations(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	overBoth(t, func(t *testing.T, client *http.Client) {
		for _, test := range []struct{ method, path string }{
			{"POST", "/"}, {"GET", "/"}, {"POST", "/model"}, {"POST", "/model/" + claude}, {"POST", claudePath + "/complete"},
			{"GET", claudePath + "/converse"}, {"PUT", claudePath + "/invoke"}, {"POST", claudePath + "/converse/"},
			{"POST", "//model/x/converse"}, {"POST", "/model/x/../y/converse"}, {"POST", "/model//converse"}, {"POST", "/foundation-models"},
			{"OPTIONS", "/model/x/converse"}, {"POST", "/model/x/%2e%2e/converse"},
		} {
			request := newRequest(t, t.Context(), web.URL+test.path, conversationBody)
			request.Method = test.method
			got := do(t, client, request)
			if got.status != 404 || got.header.Get("x-amzn-ErrorType") != "UnknownOperationException"+ofCoral {
				t.Errorf("%s %s: %d %v", test.method, test.path, got.status, got.header)
			}
		}
	})
}

// The questions to the control plane are answered on the same listener.
func TestControlPlane(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	overBoth(t, func(t *testing.T, client *http.Client) {
		for path, want := range map[string]string{
			"/foundation-models":                            `"modelId":"` + claude + `"`,
			"/foundation-models?byProvider=anthropic":       `"modelId":"` + claude + `"`,
			"/foundation-models/" + claude:                  `"responseStreamingSupported":true`,
			"/inference-profiles":                           `"inferenceProfileId":"us.` + claude + `"`,
			"/inference-profiles/us." + claude:              `"status":"ACTIVE"`,
			"/inference-profiles?maxResults=1":              `"nextToken":"`,
			"/foundation-models?byOutputModality=EMBEDDING": `{"modelSummaries":[]}`,
		} {
			request := newRequest(t, t.Context(), web.URL+path, "")
			request.Method = http.MethodGet
			got := do(t, client, request)
			if got.status != 200 || !strings.Contains(string(got.body), want) {
				t.Errorf("%s: %d %.300s", path, got.status, got.body)
			}
		}
		request := newRequest(t, t.Context(), web.URL+"/foundation-models/nobody-knows", "")
		request.Method = http.MethodGet
		if got := do(t, client, request); got.status/100 != 4 {
			t.Errorf("an unknown model: %d %s", got.status, got.body)
		}
	})
}
