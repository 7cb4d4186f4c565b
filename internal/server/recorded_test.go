package server_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
	"github.com/saprolite/saprolite/internal/server"
)

// everything is what a provider carries that leaves nothing to wait for but the
// house.
var everything = provider.Abilities{
	Tools: true, Images: true, Documents: true, Video: true, Audio: true,
	Reasoning: true, CachePoints: true, StructuredOutput: true, SystemTools: true, S3Locations: true,
}

// operations are those of the recordings that the house has.
var operations = []string{"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"}

// house is a server whose every model is a replay.
type house struct {
	*replay
	url string
	// locked has the same replay behind one model alone: the others are there,
	// but the caller has no access to them.
	locked string
}

// newHouse makes a house with the models of the recording accounts: every one of
// the service, two profiles and an endpoint.
func newHouse(t testing.TB, abilities provider.Abilities) *house {
	t.Helper()
	mappings := []catalog.Mapping{
		{ID: "*", Provider: "test"},
		{ID: "application-inference-profile/mi1dadi0g15f", Provider: "test", BaseModel: claude},
		{ID: "application-inference-profile/otnfa2ysixqd", Provider: "test", BaseModel: "amazon.titan-embed-text-v2:0"},
		{ID: "arn:aws:sagemaker:*:endpoint/*", Provider: "test"},
	}
	for _, m := range catalog.Models() {
		if m.Embeds() || m.Reranks() {
			mappings = append(mappings, catalog.Mapping{ID: m.ID, Provider: "test"})
		}
	}
	models := newCatalog(t, mappings...)
	from := &replay{abilities: abilities, models: models}
	locked := newCatalog(t, catalog.Mapping{ID: claude, Provider: "test"})
	open := options(models, from)
	open.Pipeline.Objects = pipeline.NewObjects(recordedObjects(t), 1<<20)
	return &house{from, serve(t, server.New(open)).URL, serve(t, server.New(options(locked, from))).URL}
}

// recordedObjects has something of the same kind for each object that a recorded
// request names.
func recordedObjects(t testing.TB) objectstore.Store {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 1, 1)), nil); err != nil {
		t.Fatal(err)
	}
	store := folder.New(t.TempDir())
	for key, content := range map[string]string{
		"kiwi.jpg": picture.String(), "dummy.pdf": string(readPaper(t, "leave.pdf")), "small_video.mp4": "a film",
	} {
		name := objectstore.Name{Bucket: "pydantic-ai-test-files", Key: "test-files/" + key}
		if err := store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func newCatalog(t testing.TB, mappings ...catalog.Mapping) *catalog.Catalog {
	t.Helper()
	models, err := catalog.New(catalog.Options{Mappings: mappings})
	if err != nil {
		t.Fatal(err)
	}
	return models
}

// ask sends a recorded request as it was sent.
func (h *house) ask(t testing.TB, client *http.Client, one *recorded.Interaction) answered {
	t.Helper()
	h.current.Store(one)
	url := h.url
	if one.Response.Status == http.StatusForbidden {
		url = h.locked
	}
	request := newRequest(t, t.Context(), url+one.Request.Path, bodyOf(one))
	for name, value := range one.Request.Headers {
		request.Header.Set(name, value)
	}
	return do(t, client, request)
}

// bodyOf is the body as it was sent: JSON, another text, or nothing.
func bodyOf(one *recorded.Interaction) string {
	var text string
	if json.Unmarshal(one.Request.Body, &text) == nil {
		return text
	}
	return string(one.Request.Body)
}

// TestRecorded sends every recorded request, and holds the answers to the
// recorded ones, and docs/COVERAGE.md to the outcome.
func TestRecorded(t *testing.T) {
	all, today := newHouse(t, everything), newHouse(t, abilitiesOfToday())
	judge := newJudge(t)
	overBoth(t, func(t *testing.T, client *http.Client) {
		table := newCoverage()
		for _, one := range recorded.Load(t, recorded.Operation(operations...)) {
			v := verdict{one: one, now: today.ask(t, client, one), best: all.ask(t, client, one)}
			v.nowDiffers, v.bestDiffers = judge.difference(t, one, v.now), judge.difference(t, one, v.best)
			table.add(t, v)
		}
		table.compare(t, "../../docs/COVERAGE.md")
	})
}
