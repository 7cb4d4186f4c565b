package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/eventstream"
)

// While the server drains, the running answer goes on to its end, and new
// requests are turned away.
func TestDrain(t *testing.T) {
	overBoth(t, func(t *testing.T, client *http.Client) {
		from := newStepped()
		house := newServer(t, from)
		web := serve(t, house)
		response := open(t, t.Context(), client, web.URL+claudePath+"/converse-stream", conversationBody)
		from.words <- "one"

		drained := make(chan struct{})
		go func() { house.Drain(); close(drained) }()
		// Until it drains, the server refuses the model.
		got := post(t, client, web.URL+"/model/nobody-knows/converse", conversationBody)
		for got.status == 400 {
			got = post(t, client, web.URL+"/model/nobody-knows/converse", conversationBody)
		}
		wantError(t, got, 503, "ServiceUnavailableException"+ofBedrock, `{"message":"Bedrock is unable to process your request."}`)
		select {
		case <-drained:
			t.Fatal("the server has drained while an answer runs")
		default:
		}

		from.words <- "two"
		close(from.words)
		var names []string
		for _, message := range readStream(t, readAll(t, response.Body)) {
			names = append(names, message.EventType())
		}
		if len(names) != 6 || names[5] != "metadata" {
			t.Errorf("the running answer has the events %q", names)
		}
		<-drained
	})
}

// On HTTP/1.1 the connection ends with the refusal, so that the client finds
// another server.
func TestDrainClosesConnections(t *testing.T) {
	house := newServer(t, scripted(t, scriptedAnswer))
	web := serve(t, house)
	house.Drain()
	want := []string{
		"HTTP/1.1 503 Service Unavailable", "Connection: close", "Content-Length: <n>", "Content-Type: application/json", "Date: <date>",
		"x-amzn-ErrorType: ServiceUnavailableException" + ofBedrock, "x-amzn-RequestId: <uuid>",
	}
	got := masked(rawHead(t, web, claudePath+"/converse", conversationBody))
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// Streams that run at the same time do not mix, on one connection as on many.
func TestConcurrentStreams(t *testing.T) {
	web := serve(t, newServer(t, scripted(t, `
rules:
  - when: {text: {regexp: "^word (\\w+)$"}}
    reply: ${1} ${1} ${1} ${1} ${1} ${1} ${1} ${1}
`)))
	overBoth(t, func(t *testing.T, client *http.Client) {
		outcomes := make(chan string)
		const callers = 32
		for i := range callers {
			word := string(rune('A'+i%26)) + string(rune('a'+i/26))
			go func() { outcomes <- repeats(client, web.URL, word) }()
		}
		for range callers {
			if problem := <-outcomes; problem != "" {
				t.Error(problem)
			}
		}
	})
}

// repeats asks for a word eight times over, ten times, and says what is wrong
// with the answers.
func repeats(client *http.Client, url, word string) string {
	for range 10 {
		body := strings.Replace(conversationBody, "Hi", "word "+word, 1)
		response, err := client.Post(url+claudePath+"/converse-stream", "application/json", strings.NewReader(body))
		if err != nil {
			return err.Error()
		}
		text, err := textOf(eventstream.NewReader(response.Body))
		response.Body.Close()
		if want := strings.TrimSpace(strings.Repeat(word+" ", 8)); err != nil || text != want {
			return fmt.Sprintf("asked for %s, got %q, %v", word, text, err)
		}
	}
	return ""
}

// textOf collects the text of a ConverseStream.
func textOf(reader *eventstream.Reader) (text string, err error) {
	for {
		message, err := reader.Next()
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return text, err
		}
		var event struct{ Delta struct{ Text string } }
		if err := json.Unmarshal(message.Payload, &event); err != nil {
			return text, err
		}
		text += event.Delta.Text
	}
}
