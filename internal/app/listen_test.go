package app_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

// opened opens the addresses with a configuration and gives what is logged.
func opened(t *testing.T, c *config.Config) (log string, err error) {
	t.Helper()
	var told bytes.Buffer
	program, err := app.New(app.Options{Config: c, DataDir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&told, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	listeners, err := program.Listen()
	if err == nil {
		err = listeners.Close()
	}
	return told.String(), err
}

func TestListenRefuses(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"0.0.0.0:0", "listen on 127.0.0.1, [::1] or unix:PATH"},
		{":0", "listen on 127.0.0.1, [::1] or unix:PATH"},
		{"localhost", "write host:port"},
		{"127.0.0.1:http-alt", "write host:port"},
		{"unix:", "write unix: and a path"},
	} {
		c := scripted(t)
		c.Listen = config.At(test.address)
		if _, err := opened(t, c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v does not say %q", test.address, err, test.want)
		}
	}
}

// Listen opens all addresses or none.
func TestListenAllOrNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	c := scripted(t)
	c.Listen = config.At("unix:"+path, "0.0.0.0:0")
	if _, err := opened(t, c); err == nil {
		t.Fatal("an address that others can reach is taken")
	}
	c.Listen, c.Admin.Listen.Address = config.At("unix:"+path), "127.0.0.1:none"
	if _, err := opened(t, c); err == nil {
		t.Fatal("an address that is none is taken")
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// What goes over a network for everybody to read is told, with what to do.
func TestWarnOfPlain(t *testing.T) {
	const loud, quiet = "start with --tls auto", "its key allow can name them"
	for _, test := range []struct {
		name, keys string
		listener   string
		want       string
	}{
		{"open", "", "address: 0.0.0.0:0", loud},
		{"loopback", "", "address: 127.0.0.1:0", ""},
		{"encrypted", "tls: {auto: true}", "address: 0.0.0.0:0", ""},
		{"plain beside a certificate", "tls: {auto: true}", "{address: '0.0.0.0:0', tls: false}", loud},
		{"behind a proxy", "proxies: {peers: 10.0.0.1}", "address: 0.0.0.0:0", quiet},
		{"for a proxy alone", "proxies: {peers: 10.0.0.1}", "{address: '0.0.0.0:0', allow: 10.0.0.1}", ""},
	} {
		c := load(t, "auth: iam\n"+test.keys+"\nlisten:\n  "+test.listener+"\nproviders: {script: {type: script, file: "+writeFile(t, "rules.yaml", "default: {reply: Hi}\n")+"}}\n")
		log, err := opened(t, c)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for _, text := range []string{loud, quiet} {
			if strings.Contains(log, text) != (text == test.want) {
				t.Errorf("%s: the log is %q", test.name, log)
			}
		}
	}
}
