package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
)

const (
	novaPro = "amazon.nova-pro-v1:0"
	// mib is what the tests let a request fetch.
	mib = 1 << 20
)

// fetcher is a provider that takes media from S3 itself.
type fetcher struct{ noted }

func (*fetcher) Abilities(string) provider.Abilities { return provider.Abilities{S3Locations: true} }

// shelf is a store with the objects by their keys, all in one bucket.
func shelf(t *testing.T, objects map[string]string) objectstore.Store {
	t.Helper()
	store := folder.New(t.TempDir())
	for key, content := range objects {
		err := store.Put(t.Context(), objectstore.Name{Bucket: "media", Key: key}, objectstore.Content{Body: strings.NewReader(content)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// fetchRoute leads a model to a provider, over objects.
func fetchRoute(t *testing.T, modelID string, p provider.Provider, objects *pipeline.Objects) *pipeline.Route {
	t.Helper()
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{{ID: modelID, Provider: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	to, err := (&pipeline.Pipeline{Catalog: models, Providers: map[string]provider.Provider{"p": p}, Objects: objects}).Route(modelID, catalog.Service{})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func at(key string) *bedrock.S3Location { return &bedrock.S3Location{Uri: new("s3://media/" + key)} }

func imageAt(key string) *bedrock.ImageBlock {
	return &bedrock.ImageBlock{Format: "png", Source: &bedrock.ImageSource{S3Location: at(key)}}
}

func documentAt(key string) *bedrock.DocumentBlock {
	return &bedrock.DocumentBlock{Name: new("a"), Format: "pdf", Source: &bedrock.DocumentSource{S3Location: at(key)}}
}

// everywhere is a request with each medium in each place, from where source says.
func everywhere(source func(key string) (*bedrock.S3Location, []byte)) *bedrock.ConverseRequest {
	image := func(key string) *bedrock.ImageBlock {
		location, content := source(key)
		return &bedrock.ImageBlock{Format: "png", Source: &bedrock.ImageSource{S3Location: location, Bytes: content}}
	}
	video := func(key string) *bedrock.VideoBlock {
		location, content := source(key)
		return &bedrock.VideoBlock{Format: "mp4", Source: &bedrock.VideoSource{S3Location: location, Bytes: content}}
	}
	paper := func(key string) *bedrock.DocumentBlock {
		location, content := source(key)
		return &bedrock.DocumentBlock{Name: new("a"), Format: "pdf", Source: &bedrock.DocumentSource{S3Location: location, Bytes: content}}
	}
	location, content := source("sound")
	sound := &bedrock.AudioBlock{Format: "mp3", Source: &bedrock.AudioSource{S3Location: location, Bytes: content}}
	return &bedrock.ConverseRequest{Messages: []bedrock.Message{
		{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{
			text("Hi"), {Image: image("a/image")}, {Video: video("film")}, {Audio: sound}, {Document: paper("paper")}, {Image: image("a/image")},
		}},
		{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{result(
			bedrock.ToolResultContentBlock{Text: new("Hi")}, bedrock.ToolResultContentBlock{Image: image("a/image")},
			bedrock.ToolResultContentBlock{Video: video("film")}, bedrock.ToolResultContentBlock{Document: paper("empty")},
		)}},
	}}
}

func TestFetch(t *testing.T) {
	content := map[string]string{"a/image": "the image", "film": "the film", "sound": "the sound", "paper": "the paper", "empty": ""}
	there := func(key string) (*bedrock.S3Location, []byte) { return at(key), nil }
	here := func(key string) (*bedrock.S3Location, []byte) { return nil, append([]byte{}, content[key]...) }
	objects := pipeline.NewObjects(shelf(t, content), mib, "media")
	to := fetchRoute(t, novaPro, new(noted), objects)
	if !to.Abilities().S3Locations {
		t.Error("what lies in S3 is not carried")
	}
	req := everywhere(there)
	got, err := to.Fetch(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(everywhere(here), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(everywhere(there), req); d != "" {
		t.Errorf("the request itself was changed (-before +after):\n%s", d)
	}
	for name, test := range map[string]struct {
		to  *pipeline.Route
		req *bedrock.ConverseRequest
	}{
		"a provider that fetches itself": {fetchRoute(t, novaPro, new(fetcher), objects), req},
		"no store":                       {fetchRoute(t, novaPro, new(noted), nil), req},
		"nothing in S3":                  {to, everywhere(here)},
	} {
		if got, err := test.to.Fetch(t.Context(), test.req); got != test.req || err != nil {
			t.Errorf("%s: another request came back, or %v", name, err)
		}
	}
}

// The service takes documents in S3 for a model that cannot have them, where they
// are in the results of tools, and shows it nothing (recorded).
func TestFetchLeavesOut(t *testing.T) {
	to := fetchRoute(t, haiku, new(noted), pipeline.NewObjects(shelf(t, nil), mib))
	kept := bedrock.ToolResultContentBlock{Text: new("Hi")}
	got, err := to.Fetch(t.Context(), asked(result(bedrock.ToolResultContentBlock{Document: documentAt("none")}, kept)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(asked(result(kept)), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestFetchRefuses(t *testing.T) {
	store := shelf(t, map[string]string{
		"half": strings.Repeat("x", mib/2+1), "image": strings.Repeat("x", 3_932_161), "small": "x",
		"paper": strings.Repeat("x", 4_718_593),
	})
	for name, test := range map[string]struct {
		content []bedrock.ContentBlock
		bucket  string
		want    bedrock.Exception
	}{
		"no object": {[]bedrock.ContentBlock{text("Hi"), {Image: imageAt("none")}}, "media", &bedrock.ValidationException{
			Message: "The S3 URI s3://media/none at messages.0.content.1.image.source.s3Location refers to an object that doesn't exist. Check the URI and try again."}},
		"the first of several": {[]bedrock.ContentBlock{{Document: documentAt("first")}, {Image: imageAt("small")}, {Image: imageAt("second")}}, "media", &bedrock.ValidationException{
			Message: "The S3 URI s3://media/first at messages.0.content.0.document.source.s3Location refers to an object that doesn't exist. Check the URI and try again."}},
		"in a result": {[]bedrock.ContentBlock{result(bedrock.ToolResultContentBlock{Image: imageAt("none")})}, "media", &bedrock.ValidationException{
			Message: "The S3 URI s3://media/none at messages.0.content.0.toolResult.content.0.image.source.s3Location refers to an object that doesn't exist. Check the URI and try again."}},
		"a bucket alone": {[]bedrock.ContentBlock{{Image: imageAt("")}}, "media", &bedrock.ValidationException{
			Message: "The S3 URI s3://media/ at messages.0.content.0.image.source.s3Location.uri is invalid: it names a bucket, and no object in it. Provide the URI of an object and try again."}},
		"another bucket": {[]bedrock.ContentBlock{{Image: imageAt("small")}}, "others", &bedrock.AccessDeniedException{
			Message: "Access to the object at the S3 URI s3://media/small is denied. Check that the object can be read and try again."}},
		"a large image": {[]bedrock.ContentBlock{{Image: imageAt("image")}}, "media", &bedrock.ValidationException{
			Message: "The maximum image size is 3.75 MB. Reduce the size of your image and retry your request."}},
		"a large document": {[]bedrock.ContentBlock{{Document: documentAt("paper")}}, "media", &bedrock.ValidationException{
			Message: "The maximum document size is 4.5 MB. Reduce the size of your document and retry your request."}},
		"too much together": {[]bedrock.ContentBlock{{Image: imageAt("half")}, {Document: documentAt("half")}}, "media", &bedrock.ValidationException{
			Message: "The objects that the request refers to by s3Location are larger than 1048576 bytes together. Reduce their size and retry your request, or raise limits.maxFetched of this server."}},
	} {
		to := fetchRoute(t, novaPro, new(noted), pipeline.NewObjects(store, mib, test.bucket))
		_, err := to.Fetch(t.Context(), asked(test.content...))
		checkException(t, name, err, test.want)
	}
	many := fetchRoute(t, novaPro, new(noted), pipeline.NewObjects(store, mib))
	_, err := many.Fetch(t.Context(), images(101))
	checkException(t, "too many", err, &bedrock.ValidationException{
		Message: "The request refers to 101 objects by s3Location, and 100 are the most. Remove some and retry your request."})
	// One object that is there twice counts once.
	to := fetchRoute(t, novaPro, new(noted), pipeline.NewObjects(store, mib))
	if _, err := to.Fetch(t.Context(), asked(bedrock.ContentBlock{Image: imageAt("half")}, bedrock.ContentBlock{Image: imageAt("half")})); err != nil {
		t.Error(err)
	}
}

func checkException(t *testing.T, name string, err error, want bedrock.Exception) {
	t.Helper()
	got, ok := errors.AsType[bedrock.Exception](err)
	if !ok || got.Error() != want.Error() {
		t.Errorf("%s: got %v", name, err)
	}
}

// slow is a store that takes a second for each object, and counts.
type slow struct {
	objectstore.Store
	wait time.Duration
	err  error

	mu               sync.Mutex
	asked, now, most int
}

func (s *slow) Get(ctx context.Context, name objectstore.Name, _ int64) (*objectstore.Object, error) {
	s.mu.Lock()
	s.asked++
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	select {
	case <-time.After(s.wait):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.err != nil {
		return nil, s.err
	}
	body := io.NopCloser(strings.NewReader("x"))
	return &objectstore.Object{Info: objectstore.Info{Name: name, Size: 1}, Body: body}, nil
}

// images is a request for n objects.
func images(n int) *bedrock.ConverseRequest {
	var content []bedrock.ContentBlock
	for i := range n {
		content = append(content, bedrock.ContentBlock{Image: imageAt(fmt.Sprint(i))})
	}
	return asked(content...)
}

func TestFetchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{wait: time.Second}
		start := time.Now()
		if _, err := fetchRoute(t, novaPro, new(noted), pipeline.NewObjects(store, mib)).Fetch(t.Context(), images(20)); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); store.most != 8 || store.asked != 20 || took != 3*time.Second {
			t.Errorf("%d of %d at once, in %v", store.most, store.asked, took)
		}
	})
}

func TestFetchEnds(t *testing.T) {
	gone := &bedrock.ServiceUnavailableException{Message: "Bedrock is unable to process your request."}
	for name, test := range map[string]struct {
		store *slow
		// stop is when the caller leaves.
		stop time.Duration
		want bedrock.Exception
		took time.Duration
	}{
		"the store fails": {&slow{wait: time.Second, err: errors.New("no route")}, time.Hour, gone, 3 * time.Second},
		"the caller left": {&slow{wait: time.Minute}, time.Second, gone, time.Second},
		"it takes for ever": {&slow{wait: time.Hour}, time.Hour, &bedrock.ModelTimeoutException{
			Message: "Model has timed out in processing the request. Try your request again."}, 2 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(test.stop, cancel)
			start := time.Now()
			_, err := fetchRoute(t, novaPro, new(noted), pipeline.NewObjects(test.store, mib)).Fetch(ctx, images(19))
			checkException(t, name, err, test.want)
			if took := time.Since(start); took != test.took {
				t.Errorf("%s: it took %v", name, took)
			}
		})
	}
}
