package app_test

import (
	"crypto/tls"
	"runtime"
	"testing"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

// The certificate is for the hosts that the configuration names, and for nothing that
// looks like one.
func TestNamesOfCertificate(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has every address of 127.0.0.0/8")
	}
	c := scripted(t)
	c.TLS.Auto, c.TLS.Names = true, []string{"bedrock.example.com"}
	c.Listen = config.At("127.0.0.2:0", "unix:"+t.TempDir()+"/s")
	data := t.TempDir()
	program, err := app.New(app.Options{Config: c, DataDir: data})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, program)
	for name, want := range map[string]bool{"bedrock.example.com": true, "127.0.0.2": true, "unix": false} {
		conn, err := tls.Dial("tcp", r.address(0), &tls.Config{RootCAs: authorities(t, app.CAFile(data)), ServerName: name})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}
