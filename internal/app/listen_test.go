package app_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

func TestListenRefuses(t *testing.T) {
	taken := mustListen(t, "127.0.0.1:0")[0].Addr().String()
	folder := t.TempDir()
	file := writeFile(t, "file", "text")
	for _, test := range []struct{ address, want string }{
		{taken, "another program serves there; end it, or choose another address with --listen"},
		{"0.0.0.0:0", "listen on 127.0.0.1, [::1] or unix:PATH"},
		{":0", "listen on 127.0.0.1, [::1] or unix:PATH"},
		{"localhost", "write host:port"},
		{"127.0.0.1:http-alt", "write host:port"},
		{"unix:", "write unix: and a path"},
		{"unix:" + file, "there is a file of another kind; remove it or take another path"},
		{"unix:" + filepath.Join(folder, "missing", "s"), "no such file or directory"},
	} {
		if test.address == taken && runtime.GOOS == "windows" {
			continue
		}
		listeners, err := app.Listen([]string{test.address}, config.AuthSigV4)
		if err == nil {
			closeAll(listeners)
			t.Errorf("%s is taken", test.address)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q does not say %q", test.address, err, test.want)
		}
	}
}

// Listen opens all addresses or none.
func TestListenAllOrNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if _, err := app.Listen([]string{"unix:" + path, "0.0.0.0:0"}, config.AuthSigV4); err == nil {
		t.Fatal("an address that others can reach is taken")
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestSocketIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	path := filepath.Join(t.TempDir(), "s")
	mustListen(t, "unix:"+path)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode(); got != os.ModeSocket|0o600 {
		t.Errorf("the mode of the socket is %v", got)
	}
}

// The socket of a killed server gives way; that of one that runs does not.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	leaveSocket(t, path)
	mustListen(t, "unix:"+path)
	listeners, err := app.Listen([]string{"unix:" + path}, config.AuthSigV4)
	if err == nil {
		closeAll(listeners)
		t.Fatal("the socket of a server that runs is taken over")
	}
	if want := "another server listens there"; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not say %q", err, want)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the server that runs has lost its socket: %v", err)
	}
	conn.Close()
}

// leaveSocket makes a socket and ends its listener without removing it.
func leaveSocket(t *testing.T, path string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	listener.Close()
}

func mustListen(t *testing.T, address string) []net.Listener {
	t.Helper()
	listeners, err := app.Listen([]string{address}, config.AuthSigV4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(listeners) })
	return listeners
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}
