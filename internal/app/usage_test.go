package app_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrock/types"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/storetest"
)

// An application inference profile lives as on AWS, and what is asked by its ARN is
// on record under it.
func TestApplicationInferenceProfiles(t *testing.T) {
	for name, state := range map[string]func(*testing.T) config.State{
		"SQLite":     func(t *testing.T) config.State { return config.State{SQLite: filepath.Join(t.TempDir(), "other.db")} },
		"PostgreSQL": func(t *testing.T) config.State { return config.State{Postgres: config.Secret(newDatabase(t))} },
	} {
		t.Run(name, func(t *testing.T) {
			c := scripted(t)
			c.State = state(t)
			r := serve(t, c, "127.0.0.1:0")
			over := transport(t, "tcp", r.address(0), h2c)
			arn := profileLife(t, control("http", over), client("http", over))
			r.stop()
			if err := <-r.ended; err != nil {
				t.Fatal(err)
			}
			want := []meter.Sum{
				{Group: []string{arn, modelID, "Converse"}, Calls: 1, Counts: meter.Counts{InputTokens: 1, OutputTokens: 3}},
				{Group: []string{arn, modelID, "ConverseStream"}, Calls: 1, Counts: meter.Counts{InputTokens: 1, OutputTokens: 3}},
			}
			got := sums(t, c, meter.Query{
				GroupBy: []meter.Field{meter.FieldProfile, meter.FieldModel, meter.FieldOperation}, Only: map[meter.Field]string{meter.FieldProfile: arn},
			})
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// profileLife makes a profile, uses it, and gives its ARN.
func profileLife(t *testing.T, plane *bedrock.Client, runtime *bedrockruntime.Client) string {
	t.Helper()
	ctx := t.Context()
	create := &bedrock.CreateInferenceProfileInput{
		InferenceProfileName: aws.String("Team A"), Description: aws.String("For bills"), ClientRequestToken: aws.String("token"),
		ModelSource: &types.InferenceProfileModelSourceMemberCopyFrom{Value: "arn:aws:bedrock:us-east-1::foundation-model/" + modelID},
		Tags:        []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}
	made, err := plane.CreateInferenceProfile(ctx, create)
	if err != nil {
		t.Fatal(err)
	}
	arn := made.InferenceProfileArn
	again, err := plane.CreateInferenceProfile(ctx, create)
	if err != nil || *again.InferenceProfileArn != *arn || again.Status != types.InferenceProfileStatusActive {
		t.Errorf("the same request again: %+v, %v", again, err)
	}
	got, err := plane.GetInferenceProfile(ctx, &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: arn})
	if err != nil || *got.InferenceProfileName != "Team A" || *got.Description != "For bills" || got.CreatedAt == nil ||
		got.Type != types.InferenceProfileTypeApplication || *got.Models[0].ModelArn != "arn:aws:bedrock:us-east-1::foundation-model/"+modelID {
		t.Errorf("%+v, %v", got, err)
	}
	list, err := plane.ListInferenceProfiles(ctx, &bedrock.ListInferenceProfilesInput{TypeEquals: types.InferenceProfileTypeApplication})
	if err != nil || len(list.InferenceProfileSummaries) != 1 || *list.InferenceProfileSummaries[0].InferenceProfileArn != *arn {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := plane.TagResource(ctx, &bedrock.TagResourceInput{ResourceARN: arn, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("")}}}); err != nil {
		t.Error(err)
	}
	if _, err := plane.UntagResource(ctx, &bedrock.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"team"}}); err != nil {
		t.Error(err)
	}
	tags, err := plane.ListTagsForResource(ctx, &bedrock.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "b" {
		t.Errorf("%+v, %v", tags, err)
	}

	if _, err := runtime.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: arn, Messages: question()}); err != nil {
		t.Error(err)
	}
	stream, err := runtime.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: arn, Messages: question()})
	if err != nil {
		t.Fatal(err)
	}
	for range stream.GetStream().Events() {
	}
	if err := stream.GetStream().Close(); err != nil {
		t.Error(err)
	}

	profileErrors(t, plane, create)
	if _, err := plane.DeleteInferenceProfile(ctx, &bedrock.DeleteInferenceProfileInput{InferenceProfileIdentifier: arn}); err != nil {
		t.Error(err)
	}
	_, err = plane.GetInferenceProfile(ctx, &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: arn})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("what is gone: %v", err)
	}
	if _, err := runtime.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: arn, Messages: question()}); err == nil {
		t.Error("what is gone answers")
	}
	return *arn
}

func profileErrors(t *testing.T, plane *bedrock.Client, create *bedrock.CreateInferenceProfileInput) {
	t.Helper()
	conflict := *create
	conflict.ClientRequestToken = nil
	_, err := plane.CreateInferenceProfile(t.Context(), &conflict)
	if _, ok := errors.AsType[*types.ConflictException](err); !ok {
		t.Errorf("a name that is taken: %v", err)
	}
	unknown := conflict
	unknown.ModelSource = &types.InferenceProfileModelSourceMemberCopyFrom{Value: "arn:aws:bedrock:us-east-1::foundation-model/acme.none"}
	_, err = plane.CreateInferenceProfile(t.Context(), &unknown)
	if _, ok := errors.AsType[*types.ValidationException](err); !ok {
		t.Errorf("a model that nobody knows: %v", err)
	}
	foreign := "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"
	_, err = plane.TagResource(t.Context(), &bedrock.TagResourceInput{ResourceARN: &foreign, Tags: []types.Tag{}})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("the profile of another account: %v", err)
	}
}

// What was spent before counts after a start, and what is too old is forgotten.
func TestBudgetOutlivesTheProgram(t *testing.T) {
	prices := writeFile(t, "prices.yaml", `prices: [{model: "*", request: 1}]`)
	c := load(t, "prices: "+prices+"\nbudgets: [{name: all, per: account, amount: 2}]\nstate: {keepUsage: 744h}\n"+
		"providers: {script: {type: script, file: "+writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")+"}}\n")
	c.State.SQLite = filepath.Join(t.TempDir(), "state.db")
	old := meter.Record{RequestID: "old", Time: time.Now().Add(-32 * 24 * time.Hour), Cost: 1}
	state, err := app.OpenState(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(state.AddUsage(t.Context(), []meter.Record{old}), state.Close()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		r := serve(t, c, "127.0.0.1:0")
		_, err := ask(t.Context(), client("http", transport(t, "tcp", r.address(0), http1)))
		r.stop()
		if ended := <-r.ended; ended != nil {
			t.Fatal(ended)
		}
		failure, _ := errors.AsType[smithy.APIError](err)
		if refused := failure != nil && failure.ErrorCode() == "ServiceQuotaExceededException"; refused != (i == 2) || err != nil && !refused {
			t.Errorf("start %d: %v", i, err)
		}
	}
	want := []meter.Sum{{Group: []string{}, Calls: 3, Errors: 1, Cost: 2_000_000_000, Counts: meter.Counts{InputTokens: 2, OutputTokens: 6}}}
	if d := cmp.Diff(want, sums(t, c, meter.Query{})); d != "" {
		t.Error(d)
	}
}

func newDatabase(t *testing.T) string {
	t.Helper()
	return storetest.StartPostgres(t).Database(t)
}

// sums asks the state that a configuration names. How long the calls took is no two
// times the same, so that it is checked here and left out.
func sums(t *testing.T, c *config.Config, q meter.Query) []meter.Sum {
	t.Helper()
	s, err := app.OpenState(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func(s store.Store) {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}(s)
	got, err := s.SumUsage(context.WithoutCancel(t.Context()), q)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if s := &got[i]; s.Calls > s.Errors && (s.FirstToken <= 0 || s.Total <= 0) {
			t.Errorf("the times of %v: %v to the first token, %v in all", s.Group, s.FirstToken, s.Total)
		}
		got[i].FirstToken, got[i].Total = 0, 0
	}
	return got
}
