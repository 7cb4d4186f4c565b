package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const (
	conversationBody = `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`
	claudeBody       = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`
	claudePath       = "/model/" + claude
)

// rawHead asks over HTTP/1.1 and gives the lines of the answer's head, sorted,
// as they are spelled on the wire.
func rawHead(t testing.TB, web *httptest.Server, path, body string) []string {
	t.Helper()
	connection, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	var lines []string
	for scanner := bufio.NewScanner(connection); scanner.Scan() && scanner.Text() != ""; {
		lines = append(lines, scanner.Text())
	}
	slices.Sort(lines[1:])
	return lines
}

var (
	digits = regexp.MustCompile(`: [0-9]+$`)
	dates  = regexp.MustCompile(`^Date: .* GMT$`)
	uuids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
)

func masked(lines []string) (masked []string) {
	for _, line := range lines {
		line = dates.ReplaceAllString(digits.ReplaceAllString(line, ": <n>"), "Date: <date>")
		masked = append(masked, uuids.ReplaceAllString(line, "<uuid>"))
	}
	return masked
}

// The heads of answers on HTTP/1.1 are spelled as the service spells them.
func TestHeads(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	const (
		ok     = "HTTP/1.1 200 OK"
		alive  = "Connection: keep-alive"
		length = "Content-Length: <n>"
		json   = "Content-Type: application/json"
		stream = "Content-Type: application/vnd.amazon.eventstream"
		date   = "Date: <date>"
		id     = "x-amzn-RequestId: <uuid>"
	)
	for name, test := range map[string]struct {
		path, body string
		want       []string
	}{
		"Converse":       {claudePath + "/converse", conversationBody, []string{ok, alive, length, json, date, id}},
		"ConverseStream": {claudePath + "/converse-stream", conversationBody, []string{ok, alive, stream, date, "Transfer-Encoding: chunked", id}},
		"CountTokens": {claudePath + "/count-tokens", `{"input":{"converse":` + conversationBody + `}}`,
			[]string{ok, alive, length, json, date, id}},
		"InvokeModel": {claudePath + "/invoke", claudeBody, []string{ok, alive, length, json, date,
			"X-Amzn-Bedrock-Input-Token-Count: <n>", "X-Amzn-Bedrock-Invocation-Latency: <n>", "X-Amzn-Bedrock-Output-Token-Count: <n>", id}},
		"InvokeModel, cached": {"/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke", claudeBody, []string{ok, alive, length, json, date,
			"X-Amzn-Bedrock-Cache-Read-Input-Token-Count: <n>", "X-Amzn-Bedrock-Cache-Write-Input-Token-Count: <n>",
			"X-Amzn-Bedrock-Input-Token-Count: <n>", "X-Amzn-Bedrock-Invocation-Latency: <n>", "X-Amzn-Bedrock-Output-Token-Count: <n>", id}},
		"InvokeModelWithResponseStream": {claudePath + "/invoke-with-response-stream", claudeBody, []string{ok, alive, stream, date,
			"Transfer-Encoding: chunked", "X-Amzn-Bedrock-Content-Type: application/json", id}},
		"an error": {"/model/nobody-knows/converse", conversationBody, []string{"HTTP/1.1 400 Bad Request", alive, length, json, date,
			"x-amzn-ErrorType: ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/", id}},
		"no operation": {"/model/a/b/converse", conversationBody, []string{"HTTP/1.1 404 Not Found", alive, length, json, date,
			"x-amzn-ErrorType: UnknownOperationException:http://internal.amazon.com/coral/com.amazon.coral.service/", id}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := gocmp.Diff(test.want, masked(rawHead(t, web, test.path, test.body))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// Every answer has an id of its own.
func TestRequestIDs(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, scriptedAnswer)))
	seen := map[string]bool{}
	for _, path := range []string{claudePath + "/converse", claudePath + "/converse-stream", "/model/x/converse", "/nothing"} {
		for range 3 {
			id := uuids.FindString(strings.Join(rawHead(t, web, path, conversationBody), "\n"))
			if id == "" || seen[id] {
				t.Errorf("%s: request id %q", path, id)
			}
			seen[id] = true
		}
	}
}

// What the request asks of speed and tier is echoed: in the body of Converse, and
// in headers of InvokeModel.
func TestPerformanceEcho(t *testing.T) {
	web, client := serve(t, newServer(t, scripted(t, scriptedAnswer))), newClient(t, http1)
	request := newRequest(t, t.Context(), web.URL+claudePath+"/invoke", claudeBody)
	request.Header.Set("X-Amzn-Bedrock-PerformanceConfig-Latency", "optimized")
	request.Header.Set("X-Amzn-Bedrock-Service-Tier", "flex")
	got := do(t, client, request)
	if latency, tier := got.header.Get("X-Amzn-Bedrock-PerformanceConfig-Latency"), got.header.Get("X-Amzn-Bedrock-Service-Tier"); latency != "optimized" || tier != "flex" {
		t.Errorf("latency %q, tier %q: %s", latency, tier, got.body)
	}
	body := strings.TrimSuffix(conversationBody, "}") + `,"performanceConfig":{"latency":"optimized"},"serviceTier":{"type":"flex"}}`
	got = post(t, client, web.URL+claudePath+"/converse", body)
	if lines := jsonLines(t, got.body); !slices.Contains(lines, `/performanceConfig/latency "optimized"`) || !slices.Contains(lines, `/serviceTier/type "flex"`) {
		t.Errorf("%s", got.body)
	}
}
