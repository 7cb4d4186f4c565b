package catalog_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// made are application inference profiles, by their resource.
type made map[string]string

func (m made) Source(id catalog.ID) (string, error) {
	if id.Resource == "broken" {
		return "", errors.New("down")
	}
	return m[id.Resource], nil
}

func TestApplications(t *testing.T) {
	const arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/"
	c, err := catalog.New(catalog.Options{
		Mappings: []catalog.Mapping{{ID: "anthropic.*", Provider: "p"}},
		Applications: made{
			"aaaaaaaaaaaa": "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-3-haiku-20240307-v1:0",
			"bbbbbbbbbbbb": "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
			"cccccccccccc": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, text := range map[string]string{
		"aaaaaaaaaaaa": "eu.anthropic.claude-3-haiku-20240307-v1:0",
		"bbbbbbbbbbbb": "anthropic.claude-3-haiku-20240307-v1:0",
	} {
		target, err := c.Resolve(arn + id)
		if err != nil {
			t.Fatal(err)
		}
		if target.Application != arn+id || target.ID.Text != text || target.Model.ID != "anthropic.claude-3-haiku-20240307-v1:0" || target.CountTokens {
			t.Errorf("%s leads to %+v", id, target)
		}
	}
	for _, id := range []string{arn + "dddddddddddd", "application-inference-profile/aaaaaaaaaaaa"} {
		if _, err := c.Resolve(id); !isValidation(err) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := c.Resolve(arn + "cccccccccccc"); err == nil || isValidation(err) {
		t.Errorf("a model that nobody serves: %v", err)
	}
	if _, err := c.Resolve(arn + "broken"); err == nil || isValidation(err) {
		t.Errorf("a store that is down: %v", err)
	}
}

func isValidation(err error) bool {
	_, ok := errors.AsType[*bedrock.ValidationException](err)
	return ok
}

func TestBehind(t *testing.T) {
	c, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{{ID: "*", Provider: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	at := catalog.Location{Region: "eu-west-1"}
	for source, want := range map[string][]string{
		"arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0": {"arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"},
		"arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.amazon.nova-lite-v1:0": {
			"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
			"arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-lite-v1:0",
			"arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0",
		},
		"arn:aws:bedrock:us-east-1::foundation-model/acme.none": nil,
	} {
		got, err := c.Behind(source, at)
		if d := cmp.Diff(want, got); d != "" || (err == nil) != (want != nil) {
			t.Errorf("%s: %v\n%s", source, err, d)
		}
	}
}
