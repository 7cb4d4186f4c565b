package transport_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/saprolite/saprolite/internal/transport"
)

// Another user than that of the server is told apart.
func TestPeerOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	const uid, gid = 4711, 4712
	dir := t.TempDir()
	// Everybody may look for the socket in it.
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "s")
	serve(t, transport.Options{Address: "unix:" + path, Mode: 0o666}, func(w http.ResponseWriter, r *http.Request) {
		peer, ok := transport.PeerOf(r.Context())
		fmt.Fprint(w, peer.UID, peer.GID, ok)
	})
	private := filepath.Join(dir, "private")
	listen(t, transport.Options{Address: "unix:" + private})
	type result struct {
		text            string
		err, privateErr error
	}
	results := make(chan result)
	go func() {
		// The thread, which is somebody else's from now on, ends with the goroutine.
		runtime.LockOSThread()
		var got result
		defer func() { results <- got }()
		if got.err = become(uid, gid); got.err != nil {
			return
		}
		_, got.privateErr = connect(private)
		got.text, got.err = askOver(path)
	}()
	got := <-results
	if want := fmt.Sprint(uid, gid, true); got.text != want || got.err != nil {
		t.Errorf("the peer is %s, not %s: %v", got.text, want, got.err)
	}
	if got.privateErr == nil {
		t.Error("another user connects to a private socket")
	}
}

// become gives the thread another user and group.
func become(uid, gid uintptr) error {
	const same = ^uintptr(0)
	if _, _, failed := unix.RawSyscall(unix.SYS_SETRESGID, same, gid, same); failed != 0 {
		return failed
	}
	if _, _, failed := unix.RawSyscall(unix.SYS_SETRESUID, same, uid, same); failed != 0 {
		return failed
	}
	return nil
}

func connect(path string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	conn := os.NewFile(uintptr(fd), path)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func askOver(path string) (string, error) {
	conn, err := connect(path)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}
