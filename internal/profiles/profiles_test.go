package profiles_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/profiles"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

const source = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"

var at = catalog.Location{Region: "eu-west-1", Account: "123456789012"}

// counted counts the questions to a store, which can be down.
type counted struct {
	store.Store
	asked atomic.Int64
	down  atomic.Bool
}

func (c *counted) Profile(ctx context.Context, account, id string) (store.Profile, error) {
	c.asked.Add(1)
	if c.down.Load() {
		return store.Profile{}, errors.New("down")
	}
	return c.Store.Profile(ctx, account, id)
}

func open(t *testing.T) (*profiles.Profiles, *counted) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &counted{Store: s}
	return profiles.New(c), c
}

func request(name, token string, tags ...bedrock.Tag) *bedrock.CreateInferenceProfileRequest {
	req := &bedrock.CreateInferenceProfileRequest{
		InferenceProfileName: &name, ModelSource: &bedrock.InferenceProfileModelSource{CopyFrom: new(source)}, Tags: tags,
	}
	if token != "" {
		req.ClientRequestToken = &token
	}
	return req
}

func tag(key, value string) bedrock.Tag { return bedrock.Tag{Key: &key, Value: &value} }

func code(err error) string {
	if e, ok := errors.AsType[bedrock.Exception](err); ok {
		return e.ErrorCode()
	}
	return ""
}

func TestLife(t *testing.T) {
	p, _ := open(t)
	ctx := t.Context()
	made, err := p.Create(ctx, request("billing", "t1", tag("team", "a")), at, []string{source})
	if err != nil {
		t.Fatal(err)
	}
	arn := made.InferenceProfileArn
	id, err := catalog.ParseID(arn)
	if err != nil || len(id.Resource) != 12 || id.Kind != catalog.ApplicationInferenceProfile || id.Account != at.Account {
		t.Fatalf("%s: %v", arn, err)
	}
	for _, name := range []string{arn, id.Resource} {
		got, err := p.Get(ctx, name, at)
		if err != nil || got.InferenceProfileName != "billing" || got.Type != bedrock.InferenceProfileTypeApplication || *got.Models[0].ModelArn != source {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := p.Source(id); got != source || err != nil {
		t.Errorf("source %q, %v", got, err)
	}
	if err := p.Tag(ctx, arn, []bedrock.Tag{tag("team", "b"), tag("a", "")}, at); err != nil {
		t.Fatal(err)
	}
	if err := p.Untag(ctx, arn, []string{"none"}, at); err != nil {
		t.Fatal(err)
	}
	tags, err := p.Tags(ctx, arn, at)
	if d := cmp.Diff([]bedrock.Tag{tag("a", ""), tag("team", "b")}, tags); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	if err := p.Untag(ctx, arn, []string{"a"}, at); err != nil {
		t.Fatal(err)
	}
	if tags, _ := p.Tags(ctx, arn, at); len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
	if list, err := p.List(ctx, at); len(list) != 1 || list[0].InferenceProfileArn != arn || err != nil {
		t.Errorf("%v, %v", list, err)
	}
	if err := p.Delete(ctx, id.Resource, at); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Source(id); got != "" || err != nil {
		t.Errorf("the source of what is gone: %q, %v", got, err)
	}
	for name, err := range map[string]error{
		"delete": p.Delete(ctx, arn, at),
		"tag":    p.Tag(ctx, arn, nil, at),
		"untag":  p.Untag(ctx, arn, nil, at),
	} {
		if code(err) != "ResourceNotFoundException" {
			t.Errorf("%s of what is gone: %v", name, err)
		}
	}
}

// Each region has names and tokens of its own.
func TestRegionsApart(t *testing.T) {
	p, _ := open(t)
	arns := map[string]bool{}
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		made, err := p.Create(t.Context(), request("billing", "token"), catalog.Location{Region: region, Account: at.Account}, []string{source})
		if err != nil {
			t.Fatal(err)
		}
		arns[made.InferenceProfileArn] = true
	}
	if len(arns) != 2 {
		t.Errorf("made %v", arns)
	}
}

// full is a store with as many profiles in a region as are asked for.
type full struct {
	store.Store
	region string
}

func (f full) Profiles(ctx context.Context, account, region string, limit int) ([]store.Profile, error) {
	if region == f.region {
		return make([]store.Profile, limit), nil
	}
	return f.Store.Profiles(ctx, account, region, limit)
}

// The quota is one of the region's.
func TestQuota(t *testing.T) {
	_, s := open(t)
	p := profiles.New(full{Store: s, region: at.Region})
	_, err := p.Create(t.Context(), request("one more", ""), at, []string{source})
	if code(err) != "ServiceQuotaExceededException" || !strings.Contains(err.Error(), "1000 inference profiles in eu-west-1") {
		t.Errorf("in the full region: %v", err)
	}
	elsewhere := at
	elsewhere.Region = "us-east-1"
	if _, err := p.Create(t.Context(), request("one more", ""), elsewhere, []string{source}); err != nil {
		t.Errorf("in another one: %v", err)
	}
}

// What is one account's in one region is nobody else's.
func TestForeign(t *testing.T) {
	p, _ := open(t)
	made, err := p.Create(t.Context(), request("mine", "", tag("team", "a")), at, []string{source})
	if err != nil {
		t.Fatal(err)
	}
	arn := made.InferenceProfileArn
	for _, other := range []catalog.Location{{Region: at.Region, Account: "000000000000"}, {Region: "us-east-1", Account: at.Account}} {
		if _, err := p.Get(t.Context(), arn, other); code(err) != "ResourceNotFoundException" {
			t.Errorf("%v gets it: %v", other, err)
		}
		if err := p.Delete(t.Context(), arn, other); code(err) != "ResourceNotFoundException" {
			t.Errorf("%v deletes it: %v", other, err)
		}
		if list, _ := p.List(t.Context(), other); len(list) != 0 {
			t.Errorf("%v lists it", other)
		}
		if tags, err := p.ResourceTags(arn, other.Account); other.Account != at.Account && (tags != nil || err != nil) {
			t.Errorf("%v knows its tags: %v, %v", other, tags, err)
		}
	}
}

func TestConflicts(t *testing.T) {
	p, _ := open(t)
	first, err := p.Create(t.Context(), request("a", "t1"), at, []string{source})
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Create(t.Context(), request("a", "t1"), at, []string{source})
	if err != nil || again.InferenceProfileArn != first.InferenceProfileArn {
		t.Errorf("the same request again: %+v, %v", again, err)
	}
	many := make([]bedrock.Tag, 150)
	for i := range many {
		many[i] = tag(fmt.Sprint("k", i), "v")
	}
	if err := p.Tag(t.Context(), first.InferenceProfileArn, many, at); err != nil {
		t.Fatal(err)
	}
	for i := range many {
		many[i] = tag(fmt.Sprint("other", i), "v")
	}
	_, sameName := p.Create(t.Context(), request("a", "t2"), at, nil)
	_, sameToken := p.Create(t.Context(), request("b", "t1"), at, nil)
	_, twice := p.Create(t.Context(), request("c", "", tag("k", "1"), tag("k", "2")), at, nil)
	_, sameInCase := p.Create(t.Context(), request("c", "", tag("team", "red"), tag("Team", "blue")), at, nil)
	_, reserved := p.Create(t.Context(), request("d", "", tag("aws:k", "1")), at, nil)
	for want, errs := range map[string][]error{
		"ConflictException":    {sameName, sameToken},
		"ValidationException":  {twice, reserved, sameInCase, p.Tag(t.Context(), first.InferenceProfileArn, []bedrock.Tag{tag("K0", "v")}, at)},
		"TooManyTagsException": {p.Tag(t.Context(), first.InferenceProfileArn, many, at)},
	} {
		for _, err := range errs {
			if code(err) != want {
				t.Errorf("want %s, got %v", want, err)
			}
		}
	}
}

// Requests that come at one time make one profile.
func TestCreateTogether(t *testing.T) {
	p, _ := open(t)
	var mu sync.Mutex
	arns := map[string]bool{}
	var making sync.WaitGroup
	for range 8 {
		making.Go(func() {
			made, err := p.Create(t.Context(), request("one", "token"), at, []string{source})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			arns[made.InferenceProfileArn] = true
		})
	}
	making.Wait()
	if len(arns) != 1 {
		t.Errorf("made %v", arns)
	}
}

// The store is asked once for requests that follow each other, and one that does not
// answer is no reason to refuse what is known.
func TestSourceIsRemembered(t *testing.T) {
	p, s := open(t)
	made, err := p.Create(t.Context(), request("a", ""), at, []string{source})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := catalog.ParseID(made.InferenceProfileArn)
	if _, err := p.Source(id); err != nil {
		t.Fatal(err)
	}
	s.down.Store(true)
	for range 1000 {
		if got, err := p.Source(id); got != source || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if got := s.asked.Load(); got > 100 {
		t.Errorf("asked %d times", got)
	}
	id.Region = "us-east-1"
	if got, err := p.Source(id); got != "" || err != nil {
		t.Errorf("in another region %q, %v", got, err)
	}
	id.Resource = "unknown"
	if _, err := p.Source(id); err == nil {
		t.Error("of what is unknown, nobody knows the source")
	}
}

// silent is a store that answers once, and then no more.
type silent struct {
	store.Store
	asked atomic.Int64
}

func (s *silent) Profile(ctx context.Context, account, id string) (store.Profile, error) {
	if s.asked.Add(1) > 1 {
		<-ctx.Done()
		return store.Profile{}, ctx.Err()
	}
	return store.Profile{ID: id, Account: account, Region: at.Region, Source: source}, nil
}

// A store that does not answer holds up one request of a profile, and that not for long.
func TestStoreIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := profiles.New(new(silent))
		id, _ := catalog.ParseID("arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abcdefghijkl")
		if got, err := p.Source(id); got != source || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		time.Sleep(1100 * time.Millisecond)
		start := time.Now()
		var asking sync.WaitGroup
		var held atomic.Int64
		for range 10 {
			asking.Go(func() {
				if got, err := p.Source(id); got != source || err != nil {
					t.Errorf("%q, %v", got, err)
				}
				if time.Since(start) > 0 {
					held.Add(1)
				}
			})
		}
		asking.Wait()
		if n, took := held.Load(), time.Since(start); n != 1 || took > time.Second {
			t.Errorf("%d requests were held up, for %v", n, took)
		}
	})
}
