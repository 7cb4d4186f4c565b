package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/transport"
)

func TestListenRefuses(t *testing.T) {
	taken := listen(t, transport.Options{Address: "127.0.0.1:0"}).Addr().String()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ address, want string }{
		{taken, "another program serves there; end it, or choose another address with --listen"},
		{"unix:" + file, "there is a file of another kind; remove it or take another path"},
		{"unix:" + filepath.Join(folder, "missing", "s"), "make the folder of the socket first"},
		{"unix:" + filepath.Join(folder, strings.Repeat("s", 120)), "the path is longer than the system takes"},
	} {
		if test.address == taken && runtime.GOOS == "windows" {
			continue
		}
		listener, err := transport.Listen(transport.Options{Address: test.address})
		if err == nil {
			listener.Close()
			t.Errorf("%s is taken", test.address)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q does not say %q", test.address, err, test.want)
		}
	}
}

func listen(t *testing.T, o transport.Options) *transport.Listener {
	t.Helper()
	listener, err := transport.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func TestModeOfSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	own := strconv.Itoa(os.Getgid())
	for _, test := range []struct {
		mode  fs.FileMode
		group string
		want  fs.FileMode
	}{{0, "", 0o600}, {0o660, "", 0o660}, {0o666, own, 0o666}, {0o600, own, 0o600}} {
		path := filepath.Join(t.TempDir(), "s")
		listen(t, transport.Options{Address: "unix:" + path, Mode: test.mode, Group: test.group})
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode(); got != os.ModeSocket|test.want {
			t.Errorf("the mode of the socket is %v, not %v", got, test.want)
		}
	}
	path := filepath.Join(t.TempDir(), "s")
	if listener, err := transport.Listen(transport.Options{Address: "unix:" + path, Group: "no-such-group"}); err == nil {
		listener.Close()
		t.Error("a group that nobody knows is taken")
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// The socket of a killed server gives way; that of one that runs does not.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	leaveSocket(t, path)
	listen(t, transport.Options{Address: "unix:" + path})
	listener, err := transport.Listen(transport.Options{Address: "unix:" + path})
	if err == nil {
		listener.Close()
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

// Connections from elsewhere are closed before anything is read, counted, and told
// once for many.
func TestAllow(t *testing.T) {
	for _, test := range []struct {
		allow []string
		taken bool
	}{
		{nil, true},
		{[]string{"127.0.0.1/32"}, true},
		{[]string{"10.0.0.0/8", "127.0.0.0/8"}, true},
		{[]string{"10.0.0.0/8", "::1/128"}, false},
	} {
		var told bytes.Buffer
		var allow []netip.Prefix
		for _, text := range test.allow {
			allow = append(allow, netip.MustParsePrefix(text))
		}
		// The address of all families has peers in IPv6 form, too.
		listener := serve(t, transport.Options{
			Address: ":0", Allow: allow, Log: slog.New(slog.NewTextHandler(&told, nil)),
		}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		web := client(t, &http.Transport{DisableKeepAlives: true})
		const attempts = 5
		answers := 0
		for range attempts {
			resp, err := web.Get("http://127.0.0.1:" + port)
			if err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				answers++
			}
		}
		if want := map[bool]int{true: attempts, false: 0}[test.taken]; answers != want {
			t.Errorf("%v: %d of %d are answered", test.allow, answers, attempts)
		}
		if refused := int(listener.Refused()); refused != attempts-answers {
			t.Errorf("%v: %d are counted", test.allow, refused)
		}
		if lines := strings.Count(told.String(), "is refused"); lines > 1 || (lines == 1) == test.taken {
			t.Errorf("%v: the log is %q", test.allow, &told)
		}
	}
}

// The system says who is at the other end of a unix socket.
func TestPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	whom := func(w http.ResponseWriter, r *http.Request) {
		peer, ok := transport.PeerOf(r.Context())
		fmt.Fprint(w, peer.UID, peer.GID, ok)
	}
	serve(t, transport.Options{Address: "unix:" + path}, whom)
	plain := serve(t, transport.Options{Address: "127.0.0.1:0"}, whom)
	ask := func(network, address string) string {
		web := client(t, &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}})
		resp, err := web.Get("http://localhost")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := "0 0 false"
	if runtime.GOOS == "linux" || runtime.GOOS == "darwin" {
		want = fmt.Sprint(os.Getuid(), os.Getgid(), true)
	}
	if got := ask("unix", path); got != want {
		t.Errorf("the peer is %s, not %s", got, want)
	}
	if got := ask("tcp", plain.Addr().String()); got != "0 0 false" {
		t.Errorf("the peer of TCP is %s", got)
	}
}

func TestSystemNames(t *testing.T) {
	if id, err := transport.UserID("4711"); id != 4711 || err != nil {
		t.Errorf("%d, %v", id, err)
	}
	if id, err := transport.GroupID("4711"); id != 4711 || err != nil {
		t.Errorf("%d, %v", id, err)
	}
	if _, err := transport.UserID("no-such-user"); err == nil {
		t.Error("a user that nobody knows has a number")
	}
	if runtime.GOOS == "linux" {
		if id, err := transport.UserID("root"); id != 0 || err != nil {
			t.Errorf("%d, %v", id, err)
		}
	}
}
