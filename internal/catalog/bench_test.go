package catalog_test

import (
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
)

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalog.New(everything()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	c := newCatalog(b, everything())
	for _, id := range []string{
		"amazon.nova-lite-v1:0",
		"us." + sonnet4,
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." + sonnet4,
	} {
		b.Run(id, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Resolve(id); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
