// Command capture writes ../sdks.json: requests that the AWS SDKs for Go,
// JavaScript, Python and Java send, as Go's net/http server receives them. capture.sh
// installs the SDKs and runs it:
//
//	capture PROGRAM [ARGUMENT ...] -- PROGRAM [ARGUMENT ...] -- ...
//
// Each program calls the server at the address in ENDPOINT, with and without a
// session token. The names of the SDKs are those in User-Agent.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// request is an entry of sdks.json.
type request struct {
	Client        string      `json:"client"`
	Proto         string      `json:"proto"`
	Method        string      `json:"method"`
	RequestURI    string      `json:"requestURI"`
	Host          string      `json:"host"`
	ContentLength int64       `json:"contentLength"`
	Header        http.Header `json:"header"`
	Body          string      `json:"body"`
}

// recorder answers every request and keeps it.
type recorder struct {
	mu       sync.Mutex
	requests []request
}

var product = regexp.MustCompile(`(aws-sdk-(?:go-v2|js|java)|Boto3|Python-urllib|Go-http-client)/(\S+)`)

func (c *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		log.Print(err)
		return
	}
	client := r.UserAgent()
	if parts := product.FindStringSubmatch(client); parts != nil {
		client = strings.Join(parts[1:], " ")
	}
	r.Header.Del("User-Agent")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, request{client, r.Proto, r.Method, r.RequestURI, r.Host, r.ContentLength, r.Header, string(body)})
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, "{}")
}

func main() {
	log.SetFlags(0)
	listener, err := net.Listen("tcp", "127.0.0.1:18484")
	if err != nil {
		log.Fatal(err)
	}
	c := new(recorder)
	server := &http.Server{Handler: c, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	go server.Serve(listener)

	endpoint := "http://" + listener.Addr().String()
	if err := callByGo(context.Background(), endpoint); err != nil {
		log.Print("Go: ", err)
	}
	os.Setenv("ENDPOINT", endpoint)
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for command := range slices.Values(programs(os.Args[1:])) {
		program := exec.Command(command[0], command[1:]...)
		program.Stdout, program.Stderr = os.Stderr, os.Stderr
		if err := program.Run(); err != nil {
			log.Fatal(command, ": ", err)
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	if err := out.Encode(c.requests); err != nil {
		log.Fatal(err)
	}
}

// programs cuts the arguments at each "--".
func programs(arguments []string) (all [][]string) {
	for i, argument := range arguments {
		if i == 0 || arguments[i-1] == "--" {
			all = append(all, nil)
		}
		if argument != "--" {
			all[len(all)-1] = append(all[len(all)-1], argument)
		}
	}
	return all
}
