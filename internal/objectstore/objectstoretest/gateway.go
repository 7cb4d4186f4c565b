package objectstoretest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// startTime bounds the time until the server takes connections.
const startTime = 30 * time.Second

// S3 is a real S3 server on loopback, with the buckets of one test.
type S3 struct {
	// Endpoint is its address. Buckets are in the path.
	Endpoint string
	// Region, AccessKeyID and SecretAccessKey are what requests are signed with.
	Region, AccessKeyID, SecretAccessKey string
}

// StartS3 starts versitygw, which keeps its objects in a folder of the test, and
// ends it with the test. Where it is not installed, the test is skipped.
func StartS3(t testing.TB) *S3 {
	t.Helper()
	program := find(t)
	// The path of a socket is short, those of tests are not.
	home, err := os.MkdirTemp("", "s3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	server := &S3{Region: "us-east-1", AccessKeyID: "AKIDOBJECTSTORETEST", SecretAccessKey: "secret-of-the-object-store-test"}
	socket, objects, attributes := filepath.Join(home, "s3.sock"), filepath.Join(home, "objects"), filepath.Join(home, "attributes")
	if err := errors.Join(os.Mkdir(objects, 0o700), os.Mkdir(attributes, 0o700)); err != nil {
		t.Fatal(err)
	}
	// Connections that clients keep end with the server, so it ends before this does.
	server.Endpoint = "http://" + forward(t, socket)
	var log bytes.Buffer
	cmd := exec.Command(program, "--port", socket, "--region", server.Region, "--quiet", "--keep-alive",
		"posix", "--sidecar", attributes, objects)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID="+server.AccessKeyID, "ROOT_SECRET_ACCESS_KEY="+server.SecretAccessKey)
	cmd.Stdout, cmd.Stderr = &log, &log
	tie(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
	})
	if err := await(t.Context(), socket, ended); err != nil {
		_ = cmd.Process.Kill()
		<-ended
		t.Fatalf("versitygw: %v\n%s", err, &log)
	}
	return server
}

// find gives the path of versitygw.
func find(t testing.TB) string {
	t.Helper()
	root, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(root, "tests", "programs.txt")); missing == nil {
			break
		}
		if filepath.Dir(root) == root {
			err = errors.New("no folder above this one is a checkout")
		}
		root = filepath.Dir(root)
	}
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := os.ReadFile(filepath.Join(root, "tests", "programs.txt"))
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(root, "tests", ".bin")
	if got, err := os.ReadFile(filepath.Join(bin, ".installed")); err != nil || !bytes.Equal(got, wanted) {
		const message = "the programs of tests/programs.txt are not installed, or older ones: run tests/install.sh"
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	return filepath.Join(bin, "versitygw")
}

// await waits until somebody listens on a socket.
func await(ctx context.Context, socket string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-again.C:
		case <-ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("nobody listens: %w", err)
		}
	}
}

// forward gives a TCP address of a unix socket. A server that is told a port cannot
// have a free one chosen for it, and a unix socket's path is nobody else's.
func forward(t testing.TB, socket string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				_ = client.Close()
				continue
			}
			// The end of either is that of both.
			pass := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				_, _ = to.Close(), from.Close()
			}
			open.Go(func() { pass(server, client) })
			open.Go(func() { pass(client, server) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
	return listener.Addr().String()
}

// NewBucket makes an empty bucket, named after the test, and gives its name.
func (s *S3) NewBucket(t *testing.T) string {
	t.Helper()
	client := s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint, Region: s.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, ""),
	})
	bucket := BucketName(t)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return bucket
}

// BucketName makes the name of a test that of a bucket.
func BucketName(t *testing.T) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(t.Name()))
	return strings.Trim(name[max(0, len(name)-60):], "-")
}
