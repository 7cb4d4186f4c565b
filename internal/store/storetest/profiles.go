package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/store"
)

func profile(id, name string) store.Profile {
	return store.Profile{
		ID: id, Account: account, Name: name, Description: "for the bill", Region: "eu-central-1",
		Source: "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0",
		Models: []string{"arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0"},
		Tags:   map[string]string{"team": "red"}, Token: "t", Created: created, Updated: created,
	}
}

func testProfiles(t *testing.T, open func() store.Store) {
	s := open()
	ctx := t.Context()
	for _, p := range []store.Profile{profile("b", "second"), profile("a", "first"), profile("c", "third")} {
		if err := s.CreateProfile(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	for _, taken := range []store.Profile{profile("a", "fourth"), profile("d", "first")} {
		if err := s.CreateProfile(ctx, taken); !errors.Is(err, store.ErrExists) {
			t.Errorf("%s %s: %v", taken.ID, taken.Name, err)
		}
	}
	elsewhere, region := profile("a", "first"), profile("d", "first")
	elsewhere.Account, region.Region = "999999999999", "us-east-1"
	for _, free := range []store.Profile{elsewhere, region} {
		if err := s.CreateProfile(ctx, free); err != nil {
			t.Errorf("%s %s: %v", free.Account, free.Region, err)
		}
	}

	err := s.UpdateProfile(ctx, account, "a", func(p *store.Profile) error { p.Tags["more"] = "x"; return nil })
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no")
	if err := s.UpdateProfile(ctx, account, "a", func(p *store.Profile) error { p.Tags = nil; return failed }); !errors.Is(err, failed) {
		t.Errorf("a change that fails: %v", err)
	}
	want := profile("a", "first")
	want.Tags["more"] = "x"
	got, err := open().Profile(ctx, account, "a")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	for _, list := range []struct {
		region string
		limit  int
		want   []string
	}{
		{"eu-central-1", 10, []string{"a", "b", "c"}}, {"eu-central-1", 2, []string{"a", "b"}}, {"us-east-1", 10, []string{"d"}}, {"eu-central", 10, nil}, {"", 10, []string{"a", "b", "c", "d"}},
	} {
		found, err := s.Profiles(ctx, account, list.region, list.limit)
		var got []string
		for _, p := range found {
			got = append(got, p.ID)
		}
		if d := cmp.Diff(list.want, got); d != "" || err != nil {
			t.Errorf("%d of %s: %v (-want +got):\n%s", list.limit, list.region, err, d)
		}
	}
	if err := s.DeleteProfile(ctx, account, "a"); err != nil {
		t.Error(err)
	}
	_, missing := s.Profile(ctx, account, "a")
	for _, err := range []error{missing, s.DeleteProfile(ctx, account, "a"), s.UpdateProfile(ctx, account, "a", func(*store.Profile) error { return nil })} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a deleted profile: %v", err)
		}
	}
}

// No update overwrites another.
func testConcurrentProfile(t *testing.T, open func() store.Store) {
	const writers = 8
	a, b := open(), open()
	if err := a.CreateProfile(t.Context(), profile("a", "first")); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range writers {
		s := a
		if i%2 == 1 {
			s = b
		}
		group.Go(func() {
			err := s.UpdateProfile(t.Context(), account, "a", func(p *store.Profile) error {
				p.Tags[fmt.Sprint(i)] = ""
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := a.Profile(t.Context(), account, "a")
	if err != nil || len(got.Tags) != writers+1 {
		t.Errorf("%d tags, %v", len(got.Tags), err)
	}
}

func testSettings(t *testing.T, open func() store.Store) {
	s := open()
	ctx := t.Context()
	if _, err := s.Setting(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	for _, document := range []string{`{"a":1}`, `{"a": "Ü"}`} {
		if err := s.PutSetting(ctx, "a", json.RawMessage(document)); err != nil {
			t.Fatal(err)
		}
		if got, err := open().Setting(ctx, "a"); err != nil || string(got) != document {
			t.Errorf("got %s, %v; want %s", got, err, document)
		}
	}
	for range 2 {
		if err := s.DeleteSetting(ctx, "a"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Setting(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after: %v", err)
	}
}

// testDeletedAccount deletes an account: whoever gets its id later must find nothing that
// was made in it.
func testDeletedAccount(t *testing.T, open func() store.Store) {
	s := open()
	ctx := t.Context()
	other := profile("a", "first")
	other.Account = "999999999999"
	for _, p := range []store.Profile{profile("a", "first"), other} {
		if err := s.CreateProfile(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := s.PutSetting(ctx, "logging/"+p.Account, json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	gone := iam.Account{ID: account}
	for _, change := range []store.Change{store.Put(gone), store.Delete(gone.Ref())} {
		if err := s.Apply(ctx, revision(t, s), change); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]error{account: store.ErrNotFound, other.Account: nil} {
		if _, err := s.Profile(ctx, id, "a"); !errors.Is(err, want) {
			t.Errorf("the profile of %s: %v", id, err)
		}
		if _, err := s.Setting(ctx, "logging/"+id); !errors.Is(err, want) {
			t.Errorf("the setting of %s: %v", id, err)
		}
	}
}
