package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/profiles"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// behindProfiles is a server whose catalogue knows the profiles of a store.
func behindProfiles(t *testing.T, state store.Profiles, policies *policy.Set) string {
	t.Helper()
	made := profiles.New(state)
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{{ID: "amazon.*", Provider: "test"}}, Applications: made})
	if err != nil {
		t.Fatal(err)
	}
	who := caller{Principal: alice(), policies: policies}
	o := options(models, scripted(t, scriptedAnswer))
	o.Identity, o.Access, o.Profiles = who, who, made
	return serve(t, server.New(o)).URL
}

// TestAuthorizeMadeProfile has a profile that was made from a cross-region one and has
// tags: it needs itself, whose tags policies see, and the model in each region.
func TestAuthorizeMadeProfile(t *testing.T) {
	const (
		profile  = `{"Effect":"Allow","Action":"bedrock:*","Resource":"` + madeARN + `"}`
		byTag    = `{"Effect":"Allow","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:*:application-inference-profile/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}}`
		noProd   = `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/stage":"prod"}}}`
		oneModel = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"` + novaARN + `"}`
		models   = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:eu-*::foundation-model/amazon.nova-lite-v1:0"}`
		no       = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "
		invoke   = no + "bedrock:InvokeModel on resource: "
	)
	for _, test := range []struct {
		name       string
		statements []string
		stage      string
		request    string
		want       string
	}{
		{"the model in one region", []string{profile, oneModel}, "test", "", invoke + strings.Replace(novaARN, "eu-central-1", "eu-north-1", 1) + " because no identity-based policy"},
		{"the models", []string{profile, models}, "test", "", ""},
		{"a tag", []string{byTag, models}, "test", "", ""},
		{"a tag that denies", []string{byTag, models, noProd}, "prod", "", invoke + madeARN + " with an explicit deny"},
		{"a tag, in the control plane", []string{byTag}, "prod", "GET /inference-profiles/abc123abc123", ""},
		{"a tag that denies, there", []string{profile, noProd}, "prod", "DELETE /inference-profiles/abc123abc123", no + "bedrock:DeleteInferenceProfile on resource: " + madeARN + " with an explicit deny"},
		{"tags of what is denied by a tag", []string{profile, noProd}, "prod", "POST /listTagsForResource", no + "bedrock:ListTagsForResource on resource: " + madeARN + " with an explicit deny"},
	} {
		t.Run(test.name, func(t *testing.T) {
			state, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { state.Close() })
			err = state.CreateProfile(t.Context(), store.Profile{
				ID: "abc123abc123", Account: "123456789012", Name: "made", Region: "eu-central-1", Source: novaProfileARN,
				Tags: map[string]string{"team": "red", "stage": test.stage},
			})
			if err != nil {
				t.Fatal(err)
			}
			method, path, body := http.MethodPost, "/model/"+url.PathEscape(madeARN)+"/converse", hi
			if test.request != "" {
				method, path, _ = strings.Cut(test.request, " ")
				body = `{"resourceARN":"` + madeARN + `"}`
			}
			request := newRequest(t, t.Context(), behindProfiles(t, state, allowing(t, test.statements...))+path, body)
			request.Method = method
			got := do(t, newClient(t, http1), request)
			if test.want == "" && got.status != http.StatusOK || test.want != "" && (got.status != 403 || !strings.HasPrefix(messageOf(t, got), test.want)) {
				t.Errorf("%d %s\nwant %s", got.status, got.body, test.want)
			}
		})
	}
}

// TestAuthorizeForeignProfile denies by the tags and by the models of a profile of another
// account: what comes of it must not tell what these are, or that there is one.
func TestAuthorizeForeignProfile(t *testing.T) {
	state, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	err = state.CreateProfile(t.Context(), store.Profile{
		ID: "abc123abc123", Account: "999999999999", Name: "made", Region: "eu-central-1", Source: novaARN, Tags: map[string]string{"project": "falcon"},
	})
	if err != nil {
		t.Fatal(err)
	}
	address := behindProfiles(t, state, allowing(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`,
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:ResourceTag/project":"f*"}}}`,
		`{"Effect":"Deny","Action":"*","Resource":"arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0"}`))
	foreign := strings.Replace(madeARN, "123456789012", "999999999999", 1)
	for path, body := range map[string]string{"/model/" + url.PathEscape(foreign) + "/converse": hi, "/listTagsForResource": `{"resourceARN":"` + foreign + `"}`} {
		unknown := strings.NewReplacer("abc123abc123", "nothing1here")
		got := post(t, newClient(t, http1), address+path, body)
		want := post(t, newClient(t, http1), address+unknown.Replace(path), unknown.Replace(body))
		if got.status == http.StatusForbidden || got.status != want.status || string(got.body) != string(want.body) {
			t.Errorf("%s: %d %s\nof none: %d %s", path, got.status, got.body, want.status, want.body)
		}
	}
}

// absent is a store that does not answer the first question.
type absent struct {
	profileStore
	back atomic.Bool
}

// profileStore has another name than its method.
type profileStore interface{ store.Profiles }

func (a *absent) Profile(context.Context, string, string) (store.Profile, error) {
	if a.back.Swap(true) {
		return store.Profile{}, store.ErrNotFound
	}
	return store.Profile{}, errors.New("gone fishing")
}

// What a profile leads to must be known before anybody may use it, or ask for it.
func TestAuthorizeMadeProfileUnknown(t *testing.T) {
	all := allowing(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	for method, path := range map[string]string{
		http.MethodPost: "/model/" + url.PathEscape(madeARN) + "/converse", http.MethodGet: "/inference-profiles/" + url.PathEscape(madeARN),
	} {
		request := newRequest(t, t.Context(), behindProfiles(t, new(absent), all)+path, hi)
		request.Method = method
		got := do(t, newClient(t, http1), request)
		if got.status != http.StatusInternalServerError || strings.Contains(string(got.body), "fishing") {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
}
