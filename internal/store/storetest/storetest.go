// Package storetest is the suite that every store passes, and the PostgreSQL server
// that some tests start.
package storetest

import (
	"testing"

	"github.com/saprolite/saprolite/internal/store"
)

// Run runs the suite. Each call of open opens an empty state, and each call of what
// it returns opens that state once more, as another process would.
func Run(t *testing.T, open func(t *testing.T) (again func() store.Store)) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open func() store.Store)
	}{
		{"Snapshot", testSnapshot},
		{"Conflict", testConflict},
		{"ConcurrentApply", testConcurrentApply},
		{"Usage", testUsage},
		{"UsageGroups", testUsageGroups},
		{"UsageTimes", testUsageTimes},
		{"UsageOnce", testUsageOnce},
		{"Profiles", testProfiles},
		{"ConcurrentProfile", testConcurrentProfile},
		{"Settings", testSettings},
		{"DeletedAccount", testDeletedAccount},
		{"TogetherFromNothing", testTogether},
	} {
		t.Run(test.name, func(t *testing.T) {
			again := open(t)
			test.run(t, func() store.Store {
				s := again()
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
				return s
			})
		})
	}
}
