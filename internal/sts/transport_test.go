package sts_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/sts"
)

// TestNewTransport reaches a server as an API server is reached from a pod.
func TestNewTransport(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", r.Header.Get("Authorization"))
	}))
	defer server.Close()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	authority := write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	get := func(a sts.Access) (string, error) {
		t.Helper()
		transport, err := sts.NewTransport(a)
		if err != nil {
			return "", err
		}
		client := &http.Client{Transport: transport}
		defer client.CloseIdleConnections()
		response, err := client.Get(server.URL)
		if err != nil {
			return "", err
		}
		return response.Header.Get("X-Got"), response.Body.Close()
	}
	for _, token := range []string{"first", "second"} {
		if got, err := get(sts.Access{CAFile: authority, TokenFile: write("token", token+"\n")}); err != nil || got != "Bearer "+token {
			t.Errorf("sent %q, %v", got, err)
		}
	}
	if got, err := get(sts.Access{CAFile: authority}); err != nil || got != "" {
		t.Errorf("sent %q, %v", got, err)
	}
	for want, a := range map[string]sts.Access{
		"certificate signed by unknown authority": {},
		"read certificate authorities":            {CAFile: filepath.Join(folder, "none")},
		"holds no certificate":                    {CAFile: write("empty", "")},
		"read the token for":                      {CAFile: authority, TokenFile: filepath.Join(folder, "none")},
		"it is empty":                             {CAFile: authority, TokenFile: filepath.Join(folder, "empty")},
	} {
		if _, err := get(a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
