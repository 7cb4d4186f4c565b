package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// vault is a state with secrets, and the file of the keys that seal them.
type vault struct {
	data string
	// keys are those of the file, the first one first.
	keys []string
	// secrets are what is sealed, by the id of the access key.
	secrets map[string]string
}

// However often keys are sealed anew and that is killed, and in the midst of whatever:
// all secrets are there, all sealed with the old key or all with the new one.
func TestKilledResealLosesNoSecret(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the other tests of this package need signals")
	}
	const kills = 20
	v := newVault(t, 300)
	whole := v.reseal(t)
	random := rand.New(rand.NewPCG(5, 6))
	killed := 0
	for i := range kills {
		v.rotate(t)
		// The moments are spread over all that the command does, and a bit beyond.
		at := (float64(i) + random.Float64()) / kills * 1.2
		if v.resealUntil(t, time.Duration(at*float64(whole))) {
			killed++
		}
		v.check(t, killed)
	}
	t.Logf("%d of %d were killed before their end, and one takes %v", killed, kills, whole)
	if killed == 0 {
		t.Error("none was killed before its end")
	}
	v.reseal(t)
	if sealed, old := v.opened(t, v.keys[:1]), v.opened(t, v.keys[1:]); sealed != len(v.secrets) || old > 0 {
		t.Errorf("at the end the new key opens %d secrets, the old ones %d", sealed, old)
	}
}

// newVault makes a state with so many secrets.
func newVault(t *testing.T, n int) *vault {
	t.Helper()
	t.Setenv(seal.Variable, "")
	v := &vault{data: t.TempDir(), secrets: map[string]string{}}
	v.rotate(t)
	ring := v.ring(t, v.keys)
	const account = "123456789012"
	changes := []store.Change{store.Put(iam.Account{ID: account}), store.Put(iam.User{Account: account, Name: "alice", Path: "/", ID: iam.NewID(iam.KindUser)})}
	for i := range n {
		k := iam.AccessKey{ID: fmt.Sprintf("AKIA%016d", i), Account: account, User: "alice"}
		v.secrets[k.ID] = fmt.Sprint("secret ", i)
		k.Secret = ring.Seal(directory.Purpose, []byte(v.secrets[k.ID]))
		changes = append(changes, store.Put(k))
	}
	state := v.open(t)
	defer state.Close()
	revision, err := state.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Apply(t.Context(), revision, changes...); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vault) open(t *testing.T) store.Store {
	t.Helper()
	state, err := sqlite.Open(t.Context(), filepath.Join(v.data, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (v *vault) ring(t *testing.T, keys []string) *seal.Ring {
	t.Helper()
	ring, err := seal.Parse(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// rotate puts a new key in front.
func (v *vault) rotate(t *testing.T) {
	t.Helper()
	v.keys = append([]string{seal.NewKey()}, v.keys...)
	if err := os.WriteFile(filepath.Join(v.data, "seal.keys"), []byte(strings.Join(v.keys, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (v *vault) command() (cmd *exec.Cmd, told *bytes.Buffer) {
	cmd, told = exec.Command("saprolite", "keys", "reseal", "--data", v.data), new(bytes.Buffer)
	cmd.Stderr = told
	return cmd, told
}

// reseal seals everything with the first key, and gives how long that took.
func (v *vault) reseal(t *testing.T) time.Duration {
	t.Helper()
	cmd, told := v.command()
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	return time.Since(begin)
}

// resealUntil kills the command after a while, and says whether it was in time.
func (v *vault) resealUntil(t *testing.T, moment time.Duration) (killed bool) {
	t.Helper()
	cmd, told := v.command()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(moment, func() { cmd.Process.Kill() })
	defer end.Stop()
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("%v\n%s", err, told)
	}
	return err != nil
}

// check opens every secret, in the state that the last command left.
func (v *vault) check(t *testing.T, killed int) {
	t.Helper()
	sealed, old := v.opened(t, v.keys[:1]), v.opened(t, v.keys[1:])
	if sealed+old != len(v.secrets) {
		t.Fatalf("after %d kills, %d of %d secrets are lost", killed, len(v.secrets)-sealed-old, len(v.secrets))
	}
	if sealed > 0 && old > 0 {
		t.Fatalf("after %d kills, the new key opens %d secrets, and the old ones %d", killed, sealed, old)
	}
}

// opened counts the secrets that some of the keys open.
func (v *vault) opened(t *testing.T, keys []string) (n int) {
	t.Helper()
	state := v.open(t)
	defer state.Close()
	everybody, err := state.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ring := v.ring(t, keys)
	for _, k := range everybody.AccessKeys {
		if secret, err := ring.Open(directory.Purpose, k.Secret); err == nil && string(secret) == v.secrets[k.ID] {
			n++
		}
	}
	return n
}
