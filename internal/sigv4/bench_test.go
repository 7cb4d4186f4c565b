package sigv4_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/sigv4"
)

// BenchmarkVerify parses and verifies a request with the headers that the Go SDK
// sends.
func BenchmarkVerify(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "1MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			body := bytes.Repeat([]byte("x"), size)
			header := http.Header{
				"Content-Type":          {"application/json"},
				"Accept-Encoding":       {"identity"},
				"Amz-Sdk-Invocation-Id": {"0ad7fb45-5b96-4cfd-8961-f479bc291e90"},
				"Amz-Sdk-Request":       {"attempt=1; max=3"},
			}
			const url = "http://127.0.0.1:8484/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"
			r := signed(b, url, "", header, body)
			r.RequestURI = r.URL.RequestURI()
			v := verifierAt(time.Now())

			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				sig, err := sigv4.Parse(r)
				if err != nil {
					b.Fatal(err)
				}
				if err := v.Verify(r, body, sig, secret); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
