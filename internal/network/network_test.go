package network

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Networks of IPv4 are those of IPv4, however they are written.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3":            "10.1.2.3/32",
		"10.1.2.3/8":          "10.0.0.0/8",
		"::ffff:10.1.2.3":     "10.1.2.3/32",
		"::ffff:10.1.2.3/104": "10.0.0.0/8",
		"::ffff:10.1.2.3/96":  "0.0.0.0/0",
		"::ffff:10.1.2.3/95":  "::fffe:0:0/95",
		"fd00::1/8":           "fd00::/8",
		"::":                  "::/128",
	} {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if d := cmp.Diff(want, got.String()); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
	for _, text := range []string{"", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "fe80::1%eth0", "fe80::1%eth0/64", "::ffff:10.0.0.0/129"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
