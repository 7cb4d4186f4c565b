package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/server"
)

// strict makes a server that asks for signatures, on a socket.
func strict(t *testing.T) net.Addr {
	t.Helper()
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, scriptedAnswer))
	o.Identity = identity.NewSigV4(identity.DevelopmentKeys{})
	return serve(t, server.New(o)).Listener.Addr()
}

// ask writes a part of a request, and reads an answer.
func ask(t *testing.T, connection net.Conn, from *bufio.Reader, request string) answered {
	t.Helper()
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, readAll(t, response.Body)}
}

func headOf(length int, more string) string {
	return fmt.Sprintf("POST %s/converse HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n", claudePath, length, more)
}

const noCredentials = `{"message":"Missing Authentication Token"}`

// Who has no credentials is told so before any body has come, and may send it all the
// same: the connection is as good as before.
func TestRefusedByHead(t *testing.T) {
	const length = 5 << 20
	connection, err := net.Dial("tcp", strict(t).String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	from := bufio.NewReader(connection)
	wantError(t, ask(t, connection, from, headOf(length, "")), 403, "MissingAuthenticationTokenException"+ofCoral, noCredentials)
	if _, err := io.WriteString(connection, strings.Repeat(" ", length)); err != nil {
		t.Fatal(err)
	}
	// This one sends all before it reads.
	all := headOf(length, "") + strings.Repeat(" ", length)
	wantError(t, ask(t, connection, from, all), 403, "MissingAuthenticationTokenException"+ofCoral, noCredentials)
	unknown := "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5242880\r\n\r\n" + strings.Repeat(" ", length)
	if got := ask(t, connection, from, unknown); got.status != 404 {
		t.Errorf("no operation: %d", got.status)
	}
}

// Who waits to be asked for the body is not.
func TestRefusedInsteadOfContinue(t *testing.T) {
	connection, err := net.Dial("tcp", strict(t).String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	from := bufio.NewReader(connection)
	wantError(t, ask(t, connection, from, headOf(5<<20, "Expect: 100-continue\r\n")), 403, "MissingAuthenticationTokenException"+ofCoral, noCredentials)
	if _, err := from.ReadByte(); err != io.EOF {
		t.Errorf("after the answer: %v", err)
	}
}
