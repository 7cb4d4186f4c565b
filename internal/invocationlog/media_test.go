package invocationlog

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

const (
	png  = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	mp4  = "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29tAAAA"
	wav  = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA"
	pdf  = "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmo="
	some = "c29tZSB0ZXh0IHRoYXQgaXMgbm8gbWVkaXVt"
)

// Media are found in the bodies of all families, and left out where they are not
// wanted; everything else stays as it is, on one line.
func TestPick(t *testing.T) {
	none := func(m medium) bool { return m == text }
	all := func(medium) bool { return true }
	but := func(left medium) func(medium) bool { return func(m medium) bool { return m != left } }
	for _, test := range []struct {
		name, body string
		wanted     func(medium) bool
		want       string
		media      bool
	}{
		{"text", "{\n \"a\": [1.50, \"x\\ny\", null, true]\n}", none, `{"a":[1.50,"x\ny",null,true]}`, false},
		{"a text like base64", `{"text":"` + some + `"}`, none, `{"text":"` + some + `"}`, false},
		{"an image of Converse", `{"image":{"format":"png","source":{"bytes":"AAAA"}}}`, none, `{"image":{"format":"png","source":{"bytes":""}}}`, false},
		{"a document of Converse", `{"document":{"source":{"bytes":"aGk="}}}`, none, `{"document":{"source":{"bytes":""}}}`, false},
		{"a video of Converse", `{"video":{"source":{"bytes":"AAAA"}}}`, but(video), `{"video":{"source":{"bytes":""}}}`, false},
		{"an audio of Converse", `[{"audio":{"source":{"bytes":"AAAA"}}}]`, but(image), `[{"audio":{"source":{"bytes":"AAAA"}}}]`, true},
		{"text of bytes", `{"citation":{"bytes":"AAAA"}}`, none, `{"citation":{"bytes":"AAAA"}}`, false},
		{"Claude's", `{"source":{"type":"base64","data":"` + png + `"}}`, none, `{"source":{"type":"base64","data":""}}`, false},
		{"with escaped slashes", `{"data":"` + strings.ReplaceAll("/9j/4AAQSkZJRgABAQAAAQABAAD/", "/", `\/`) + `"}`, none, `{"data":""}`, false},
		{"escaped names", `{"imag\u0065":{"source":{"\u0062ytes":"AAAA"}}}`, none, `{"image":{"source":{"bytes":""}}}`, false},
		{"an array between", `{"image":[{"source":{"bytes":"AAAA"}}]}`, none, `{"image":[{"source":{"bytes":"AAAA"}}]}`, false},
		{"an image among others", `{"images":[{"a":1},"YQ=="]}`, none, `{"images":[{"a":1},""]}`, false},
		{"a URL", `{"url":"data:image/png;base64,` + png + `"}`, none, `{"url":""}`, false},
		{"an answer of images", `{"images":["` + png + `"],"error":null}`, none, `{"images":[""],"error":null}`, false},
		{"images of any form", `{"images":["YQ=="]}`, none, `{"images":[""]}`, false},
		{"kept", `{"images":["` + png + `"]}`, all, `{"images":["` + png + `"]}`, true},
		{"one of two", `["` + mp4 + `","` + wav + `"]`, but(video), `["","` + wav + `"]`, true},
		{"a paper", `["` + pdf + `"]`, but(image), `[""]`, false},
		{"a name like an image", `{"` + png + `":1}`, none, `{"` + png + `":1}`, false},
		{"a string", `"x"`, none, `"x"`, false},
		{"no text", `{"a":["x",1],"images":["YQ=="]}`, but(text), `{"a":["",1],"images":["YQ=="]}`, true},
	} {
		got, media, err := pick([]byte(test.body), test.wanted)
		if err != nil || string(got) != test.want || media != test.media {
			t.Errorf("%s: %s, %t, %v", test.name, got, media, err)
		}
	}
	for _, broken := range []string{"", "{", "no JSON", "{} {}", "[1,]"} {
		if got, _, err := pick([]byte(broken), all); err == nil {
			t.Errorf("%q became %q", broken, got)
		}
	}
}

// Whatever a caller sends, what is picked is JSON on one line, and stays as it is when
// it is picked again.
func FuzzPick(f *testing.F) {
	for _, body := range []string{`{"a":["x",1.50,null]}`, `{"images":["` + png + `"]}`, `{"image":{"source":{"bytes":"AAAA"}}}`, `{"a":1,"a":2}`, "\"\xff\"", "[[[]]]", "{} {}"} {
		f.Add([]byte(body), true)
		f.Add([]byte(body), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, all bool) {
		wanted := func(m medium) bool { return all || m == text }
		picked, media, err := pick(body, wanted)
		if err != nil {
			return
		}
		again, againMedia, err := pick(picked, wanted)
		if err != nil || !bytes.Equal(picked, again) || media != againMedia || bytes.ContainsAny(picked, "\r\n") {
			t.Errorf("%q became %q, and then %q: %t, %t, %v", body, picked, again, media, againMedia, err)
		}
		if !all && media {
			t.Errorf("%q has media that are not wanted", picked)
		}
	})
}

// What it costs to pick a string does not grow with its depth, nor with the names above.
func TestPickIsLinear(t *testing.T) {
	all := func(medium) bool { return true }
	many := strings.Repeat(`,"bytes":"a"`, 2000)
	for _, name := range []string{"a", strings.Repeat("a", 100_000)} {
		depth := min(9000, 1_000_000/len(name))
		body := []byte(strings.Repeat(`{"`+name+`":`, depth) + `{"bytes":"a"` + many + `}` + strings.Repeat("}", depth))
		flat := []byte(`{"bytes":"a"` + many + `,"` + strings.Repeat(name, depth) + `":1}`)
		allocated := func(body []byte) uint64 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, _, err := pick(body, all); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		if deep, plain := allocated(body), allocated(flat); deep > 10*plain+5_000_000 {
			t.Errorf("%d bytes at a depth of %d, and %d without", deep, depth, plain)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	body := []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("What is saprolite? ", 100) + `"}]}]}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, _, err := pick(body, func(medium) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
