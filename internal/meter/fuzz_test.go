package meter

import (
	"bytes"
	"reflect"
	"testing"
	"time"
)

// Whatever is in a file, a line is a record that is written as it was read, or it is
// damaged.
func FuzzParseLine(f *testing.F) {
	line, err := appendLine(nil, &Record{RequestID: "1", Counts: Counts{InputTokens: 2}, Metadata: map[string]string{"a": "b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.TrimSuffix(line, []byte("\n")))
	f.Add([]byte("00000000 {}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseLine(text)
		if err != nil {
			return
		}
		again, err := appendLine(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		same, err := parseLine(bytes.TrimSuffix(again, []byte("\n")))
		if err != nil || !reflect.DeepEqual(r, same) {
			t.Errorf("%+v is %+v, %v", r, same, err)
		}
	})
}

// Whatever is in a file of prices, it is read or refused, and no call costs less than
// nothing.
func FuzzParsePrices(f *testing.F) {
	f.Add([]byte("prices:\n- {model: \"*\", tier: flex, provider: p, input: 0.1, output: .2, until: 2027-01-01}\n- {model: a*b, from: 2027-01-01T00:00:00+02:00, image: 1, request: 999999999}\n"))
	f.Add([]byte("prices: [{model: x, input: &a 1, output: *a}]"))
	r := Record{Model: "amazon.nova-lite-v1:0", Time: time.UnixMicro(0), Counts: Counts{InputTokens: 1 << 62, Images: 1 << 62}}
	f.Fuzz(func(t *testing.T, text []byte) {
		prices, err := ParsePrices("prices.yaml", text)
		if err != nil {
			return
		}
		if cost := prices.Cost(&r); cost < 0 {
			t.Errorf("it costs %d", cost)
		}
	})
}
