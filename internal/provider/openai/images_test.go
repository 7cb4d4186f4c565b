package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// imageServer answers the two routes of images, and keeps what it was asked.
func imageServer(t *testing.T, got map[string]any) *openai.Client {
	t.Helper()
	answer := func(w http.ResponseWriter) {
		fmt.Fprint(w, `{"created":1,"data":[{"b64_json":"YQ=="},{"b64_json":"Yg=="},{"b64_json":"Yw=="}]}`)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/images/generations", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		answer(w)
	})
	mux.HandleFunc("POST /v1/images/edits", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		for name, values := range r.MultipartForm.Value {
			got[name] = values[0]
		}
		for name, files := range r.MultipartForm.File {
			file, err := files[0].Open()
			if err != nil {
				t.Error(err)
				continue
			}
			content, err := io.ReadAll(file)
			if err != nil {
				t.Error(err)
			}
			got[name] = content
		}
		answer(w)
	})
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	client, err := openai.New(openai.Options{BaseURL: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func TestGenerateImages(t *testing.T) {
	got := map[string]any{}
	client := imageServer(t, got)
	images, err := client.GenerateImages(t.Context(), provider.ImageCall{
		Model: "sd", Prompt: "a rock", Negative: "moss", Count: 2, Width: 1024, Height: 512, Quality: "premium", Seed: new(int64(7)), Format: "jpeg",
	})
	if err != nil || len(images) != 2 || string(images[1]) != "b" {
		t.Errorf("%q, %v", images, err)
	}
	want := map[string]any{
		"model": "sd", "prompt": "a rock", "negative_prompt": "moss", "n": 2.0, "size": "1024x512",
		"quality": "hd", "seed": 7.0, "output_format": "jpeg", "response_format": "b64_json",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestEditImages sends the images as files, and a mask that is transparent where
// the image is painted anew.
func TestEditImages(t *testing.T) {
	got := map[string]any{}
	client := imageServer(t, got)
	mask := image.NewGray(image.Rect(0, 0, 2, 1))
	mask.SetGray(1, 0, color.Gray{Y: 255})
	if _, err := client.GenerateImages(t.Context(), provider.ImageCall{
		Model: "sd", Prompt: "moss", Count: 1, Sources: [][]byte{[]byte("source")}, Mask: mask,
	}); err != nil {
		t.Fatal(err)
	}
	if got["prompt"] != "moss" || got["n"] != "1" || string(got["image"].([]byte)) != "source" {
		t.Errorf("asked %v", got)
	}
	holes, err := png.Decode(bytes.NewReader(got["mask"].([]byte)))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []uint32{0xffff, 0} {
		if _, _, _, alpha := holes.At(x, 0).RGBA(); alpha != want {
			t.Errorf("alpha %d at %d, want %d", alpha, x, want)
		}
	}
}

func TestBrokenImages(t *testing.T) {
	for _, body := range []string{`{}`, `{"data":[{"url":"http://127.0.0.1/a.png"}]}`, `{"data":[{"b64_json":"%"}]}`, `no`} {
		_, err := replying(200, "application/json", body).GenerateImages(t.Context(), provider.ImageCall{Count: 1})
		if _, ok := errors.AsType[*bedrock.ModelErrorException](err); !ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}
