package directory_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/identity"
)

// TestSessionsShareMemory has a caller assume a role again and again, each time with
// policies of its own: what is remembered of them stays within bounds.
func TestSessionsShareMemory(t *testing.T) {
	ring := mustRing(t)
	d := newDirectory(t, people(ring), ring)
	use := func(n int, policies, arns []string) {
		t.Helper()
		p := identity.Principal{UserID: fmt.Sprintf("AROAR:s%d", n), Session: &identity.Session{
			RoleARN: iam.Role{Account: account, Name: "r"}.ARN(), Policies: policies, PolicyARNs: arns,
		}}
		if _, err := d.Policies(p); err != nil {
			t.Fatal(err)
		}
	}
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	full := slices.Repeat([]string{"arn:aws:iam::aws:policy/AmazonBedrockFullAccess"}, 10)
	before := heap()
	for i := range 300 {
		use(i, []string{allow(fmt.Sprintf("arn:aws:s3:::b/%d", i))}, full)
	}
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("%d bytes for sessions with policies of AWS", grown)
	}
	before = heap()
	for i := range 3000 {
		actions := strings.Repeat(`"a:b",`, 300) + fmt.Sprintf(`"a:%d"`, i)
		use(i, []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*","Action":[` + actions + `]}}`}, nil)
	}
	if grown := heap() - before; grown > 96<<20 {
		t.Errorf("%d bytes for sessions with long policies", grown)
	}
	runtime.KeepAlive(d)
}
