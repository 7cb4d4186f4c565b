package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/saprolite/saprolite/internal/identity"
)

// A question of about one kilobyte, as Converse and as chat completions have it.
var (
	question = strings.Repeat("Say the word token sixty-four times. ", 18)

	converseBody = []byte(`{"inferenceConfig":{"maxTokens":64,"temperature":0.5},"messages":[{"content":[{"text":"` + question +
		`"}],"role":"user"},{"content":[{"text":"Once more?"}],"role":"assistant"},{"content":[{"text":"Yes."}],"role":"user"}],` +
		`"system":[{"text":"You are a patient parrot with a good memory for numbers."}]}`)
)

func chatBody(stream bool) []byte {
	streaming := ""
	if stream {
		streaming = `,"stream":true,"stream_options":{"include_usage":true}`
	}
	return []byte(`{"model":"bench","messages":[{"role":"system","content":"You are a patient parrot with a good memory for numbers."},` +
		`{"role":"user","content":"` + question + `"},{"role":"assistant","content":"Once more?"},{"role":"user","content":"Yes."}],` +
		`"max_tokens":64,"temperature":0.5` + streaming + `}`)
}

// target is a way to the upstream.
type target struct {
	name    string
	process *process
	url     string
	body    []byte
	signed  bool
	header  http.Header
	client  *http.Client
	// size is the least that an answer holds.
	size int
}

func newTarget(name string, p *process, url string, body []byte, signed bool) *target {
	return &target{
		name: name, process: p, url: url, body: body, signed: signed, size: 300,
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
			Timeout:   time.Minute,
		},
	}
}

// prepare makes the headers of the calls of the next minutes. The same signature
// serves all of them: what it costs to make is not Saprolite's.
func (t *target) prepare() error {
	t.header = http.Header{"Content-Type": {"application/json"}}
	if !t.signed {
		return nil
	}
	request, err := t.request(context.Background())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(t.body)
	key := aws.Credentials{AccessKeyID: identity.DevelopmentKeyID, SecretAccessKey: identity.DevelopmentSecret}
	err = v4.NewSigner().SignHTTP(context.Background(), key, request, hex.EncodeToString(sum[:]), "bedrock", "us-east-1", time.Now())
	t.header = request.Header
	return err
}

func (t *target) request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(t.body))
	if err != nil {
		return nil, err
	}
	request.Header = t.header.Clone()
	return request, nil
}

// took is how long the first byte and the whole of an answer took.
type took struct{ first, whole time.Duration }

// call makes one call and reads its answer to the end.
func (t *target) call(ctx context.Context) (took, error) {
	request, err := t.request(ctx)
	if err != nil {
		return took{}, err
	}
	begin := time.Now()
	response, err := t.client.Do(request)
	if err != nil {
		return took{}, err
	}
	defer response.Body.Close()
	var one [1]byte
	if _, err := io.ReadFull(response.Body, one[:]); err != nil {
		return took{}, err
	}
	first := time.Since(begin)
	n, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		return took{}, err
	}
	if response.StatusCode != http.StatusOK || int(n) < t.size {
		return took{}, fmt.Errorf("%s: %s and %d bytes", t.name, response.Status, n)
	}
	return took{first, time.Since(begin)}, nil
}
