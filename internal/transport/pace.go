package transport

import (
	"io"
	"net/http"
	"time"
)

const (
	// bodyGrace is what the sender of a body gets beside the time for its bytes.
	bodyGrace = 30 * time.Second
	// slowestBody is how many bytes of it come in a second, on the whole, at least.
	slowestBody = 16 << 10
)

// Paced ends requests whose bodies stop coming: they hold a connection, and memory,
// before it is known who sends them. Whole is http.Server.ReadTimeout, which counts
// again when the body is there.
func Paced(next http.Handler, whole time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		body := &pacedBody{
			ReadCloser: r.Body, conn: http.NewResponseController(w),
			left: r.ContentLength, deadline: start.Add(bodyGrace), whole: start.Add(whole),
		}
		body.wait(body.deadline)
		paced := *r
		paced.Body = body
		next.ServeHTTP(w, &paced)
	})
}

// pacedBody moves the deadline of its connection with what comes.
type pacedBody struct {
	io.ReadCloser
	conn *http.ResponseController
	// left are the bytes to come; less than 0 where nobody said how many.
	left            int64
	deadline, whole time.Time
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	switch {
	case err == io.EOF || b.left == 0:
		// The connection is read on, to see that the caller leaves.
		b.wait(b.whole)
	case err == nil:
		b.deadline = b.deadline.Add(time.Duration(n) * time.Second / slowestBody)
		b.wait(b.deadline)
	}
	return n, err
}

// wait sets the deadline of the connection. One that has none is bounded by the request.
func (b *pacedBody) wait(until time.Time) { _ = b.conn.SetReadDeadline(until) }
