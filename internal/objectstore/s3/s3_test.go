package s3_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/objectstoretest"
	"github.com/saprolite/saprolite/internal/objectstore/s3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newStore makes a store that closes with the test.
func newStore(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	store, err := s3.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestStore(t *testing.T) {
	server := objectstoretest.StartS3(t)
	objectstoretest.Run(t, objectstoretest.Harness{
		Store: newStore(t, s3.Options{
			Endpoint: server.Endpoint, Region: server.Region, PathStyle: true,
			AccessKeyID: server.AccessKeyID, SecretAccessKey: server.SecretAccessKey,
		}),
		NewBucket: server.NewBucket,
	})
}

func TestWrongKey(t *testing.T) {
	server := objectstoretest.StartS3(t)
	bucket := server.NewBucket(t)
	store := newStore(t, s3.Options{
		Endpoint: server.Endpoint, PathStyle: true, AccessKeyID: server.AccessKeyID, SecretAccessKey: "another",
	})
	name := objectstore.Name{Bucket: bucket, Key: "key"}
	if _, err := store.Get(t.Context(), name, 1); !errors.Is(err, objectstore.ErrDenied) {
		t.Error(err)
	}
	if err := store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader("x")}); !errors.Is(err, objectstore.ErrDenied) {
		t.Error(err)
	}
}

// What an object is for those who read it over HTTP goes with it; the bucket is in
// the host's name or in the path.
func TestRequests(t *testing.T) {
	for _, pathStyle := range []bool{true, false} {
		var got *http.Request
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
		endpoint := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
		store := newStore(t, s3.Options{Endpoint: endpoint, PathStyle: pathStyle, AccessKeyID: "a", SecretAccessKey: "s"})
		err := store.Put(t.Context(), objectstore.Name{Bucket: "logs", Key: "a.json.gz"}, objectstore.Content{
			Body: strings.NewReader("x"), Type: "application/json", Encoding: "gzip",
		})
		server.Close()
		if pathStyle {
			if err != nil || got.URL.Path != "/logs/a.json.gz" {
				t.Fatalf("%v, %v", got, err)
			}
			if got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Content-Encoding") != "gzip" {
				t.Errorf("%v", got.Header)
			}
		} else if err == nil && !strings.HasPrefix(got.Host, "logs.") {
			t.Errorf("the host is %s", got.Host)
		} else if err != nil && !strings.Contains(err.Error(), "logs.localhost") {
			t.Error(err) // not every system knows the names below localhost
		}
	}
}

// The environment of an application names this server: it is not where objects are.
func TestEnvironment(t *testing.T) {
	wrong := httptest.NewServer(http.NotFoundHandler())
	defer wrong.Close()
	right := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer right.Close()
	t.Setenv("AWS_ENDPOINT_URL", wrong.URL)
	t.Setenv("AWS_ENDPOINT_URL_S3", right.URL)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	name := objectstore.Name{Bucket: "bucket", Key: "key"}
	if _, err := newStore(t, s3.Options{PathStyle: true}).Stat(t.Context(), name); !errors.Is(err, objectstore.ErrDenied) {
		t.Error(err)
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if _, err := s3.New(s3.Options{}); err == nil || !strings.Contains(err.Error(), "region") {
		t.Errorf("a store without a region: %v", err)
	}
}
