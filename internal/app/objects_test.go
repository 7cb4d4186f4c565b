package app_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/objectstore/objectstoretest"
	"github.com/saprolite/saprolite/internal/objectstore/s3"
)

// aboutObjects asks about an image and a document that lie in a bucket.
func aboutObjects(bucket string) *bedrockruntime.ConverseInput {
	at := func(key string) types.S3Location {
		return types.S3Location{Uri: aws.String("s3://" + bucket + "/" + key), BucketOwner: aws.String("123456789012")}
	}
	return &bedrockruntime.ConverseInput{ModelId: aws.String(modelID), Messages: []types.Message{{
		Role: types.ConversationRoleUser,
		Content: []types.ContentBlock{
			&types.ContentBlockMemberText{Value: "What are these?"},
			&types.ContentBlockMemberImage{Value: types.ImageBlock{
				Format: types.ImageFormatPng, Source: &types.ImageSourceMemberS3Location{Value: at("see/rock.png")},
			}},
			&types.ContentBlockMemberDocument{Value: types.DocumentBlock{
				Name: aws.String("rocks"), Format: types.DocumentFormatMd, Source: &types.DocumentSourceMemberS3Location{Value: at("rocks.md")},
			}},
		},
	}}}
}

// putObjects puts the image and the document there, and gives the image.
func putObjects(t *testing.T, store objectstore.Store, bucket string) []byte {
	t.Helper()
	var rock bytes.Buffer
	if err := png.Encode(&rock, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	for key, content := range map[string][]byte{"see/rock.png": rock.Bytes(), "rocks.md": []byte("Saprolite is *soft*.")} {
		err := store.Put(t.Context(), objectstore.Name{Bucket: bucket, Key: key}, objectstore.Content{Body: bytes.NewReader(content)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rock.Bytes()
}

// seesObjects asks a configuration, whose model MUST see the image and read the
// document, and by the same client for an object that is not there.
func seesObjects(t *testing.T, dataDir string, store objectstore.Store, bucket, objects string) {
	t.Helper()
	rock := putObjects(t, store, bucket)
	asked := make(chan string, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked <- string(body)
		fmt.Fprint(w, `{"choices":[{"message":{"content":"Rocks."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`)
	}))
	defer web.Close()
	configuration := "providers: {gpu: {type: openai, url: '" + web.URL + "/v1', model: sees}}\nobjects: " + objects + "\n"
	r := serveIn(t, dataDir, load(t, configuration), "127.0.0.1:0")
	c := client("http", transport(t, "tcp", r.address(0), h2c))
	if _, err := c.Converse(t.Context(), aboutObjects(bucket)); err != nil {
		t.Fatal(err)
	}
	got := <-asked
	for _, want := range []string{"data:image/png;base64," + base64.StdEncoding.EncodeToString(rock), "Saprolite is *soft*."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	_, err := c.Converse(t.Context(), aboutObjects("no-such-bucket"))
	if _, ok := errors.AsType[*types.ValidationException](err); !ok || !strings.Contains(err.Error(), "s3://no-such-bucket/see/rock.png at messages.0.content.1.image.source.s3Location") {
		t.Errorf("no bucket: %v", err)
	}
}

func TestObjectsInFolder(t *testing.T) {
	dir := t.TempDir()
	seesObjects(t, t.TempDir(), folder.New(dir), "my-bucket", "{folder: '"+dir+"'}")
}

func TestObjectsInS3(t *testing.T) {
	server := objectstoretest.StartS3(t)
	store, err := s3.New(s3.Options{
		Endpoint: server.Endpoint, Region: server.Region, PathStyle: true,
		AccessKeyID: server.AccessKeyID, SecretAccessKey: server.SecretAccessKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	seesObjects(t, t.TempDir(), store, server.NewBucket(t), fmt.Sprintf("{s3: {endpoint: '%s', region: %s, pathStyle: true, accessKeyId: %s, secretAccessKey: %s}}",
		server.Endpoint, server.Region, server.AccessKeyID, server.SecretAccessKey))
}

// A script gets what the caller sent: its tests need no bucket.
func TestObjectsOfScript(t *testing.T) {
	r := serve(t, scripted(t), "127.0.0.1:0")
	c := client("http", transport(t, "tcp", r.address(0), h2c))
	if _, err := c.Converse(t.Context(), aboutObjects("no-such-bucket")); err != nil {
		t.Error(err)
	}
}

// Without a configuration, objects lie in the data folder, which is left alone
// until somebody puts one there.
func TestObjectsInDataFolder(t *testing.T) {
	dir := t.TempDir()
	program, err := app.New(app.Options{Config: scripted(t), DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "objects")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	seesObjects(t, dir, folder.New(filepath.Join(dir, "objects")), "my-bucket", "{}")
}

func TestObjectsWithoutRegion(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	program, err := app.New(app.Options{Config: load(t, "objects:\n  s3: {}\n"), DataDir: t.TempDir()})
	if err == nil {
		program.Close()
		t.Fatal("it is taken")
	}
	if want := "saprolite.yaml:2: objects.s3: no region is configured"; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not say %q", err, want)
	}
}
