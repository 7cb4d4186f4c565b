package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/catalog"
)

// TestResourcesOfTheCaller has one name for a thing, whatever an ARN says: a policy that
// denies it holds for all of them.
func TestResourcesOfTheCaller(t *testing.T) {
	const (
		fixed   = "arn:aws:bedrock:us-east-1:999999999999:provisioned-model/fixedfixed12"
		foreign = "arn:aws:bedrock:eu-west-1:999999999999:application-inference-profile/aaaaaaaaaaaa"
	)
	c, err := catalog.New(catalog.Options{
		Mappings: []catalog.Mapping{
			{ID: "*", Provider: "p"}, {ID: fixed, Provider: "p"}, {ID: "provisioned-model/*", Provider: "p"}, {ID: "endpoint/*", Provider: "p"},
		},
		Applications: made{"aaaaaaaaaaaa": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := catalog.Location{Region: "eu-west-1", Account: "123456789012"}
	const own, nova = "arn:aws:bedrock:eu-west-1:123456789012:", "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"
	for id, want := range map[string]catalog.Resources{
		"arn:aws:bedrock:us-east-1:999999999999:inference-profile/global.amazon.nova-lite-v1:0": {
			Profile: own + "inference-profile/global.amazon.nova-lite-v1:0",
			Models:  []string{"arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0", nova},
		},
		"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0":     {Models: []string{nova}},
		"arn:aws:bedrock:us-east-1:999999999999:prompt/PROMPT1234:1":            {Models: []string{own + "prompt/PROMPT1234:1"}},
		"arn:aws:bedrock:us-east-1:999999999999:provisioned-model/abcdefghijkl": {Models: []string{own + "provisioned-model/abcdefghijkl"}},
		"arn:aws:sagemaker:us-east-1:999999999999:endpoint/e":                   {Models: []string{"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/e"}},
		fixed: {Models: []string{fixed}},
		// Without an account it is the caller's too, whatever is mapped.
		"custom-model/abcdefghijkl":                  {Models: []string{own + "custom-model/abcdefghijkl"}},
		"application-inference-profile/bbbbbbbbbbbb": {Profile: own + "application-inference-profile/bbbbbbbbbbbb"},
		// A profile that another account made is unknown, and what is behind it.
		foreign: {Profile: foreign},
	} {
		got, err := c.Resources(id, at)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", id, err, diff)
		}
	}
	at.Account = "999999999999"
	if got, err := c.Resources(foreign, at); err != nil || !cmp.Equal(got.Models, []string{nova}) {
		t.Errorf("its own profile: %v, %v", got, err)
	}
}

// TestPartition refuses ARNs that begin otherwise than those of their region: policies
// would not know what they name.
func TestPartition(t *testing.T) {
	for arn, want := range map[string]bool{
		"arn:aws:bedrock:us-east-1::foundation-model/a.b":            true,
		"arn:aws-cn:bedrock:us-east-1::foundation-model/a.b":         false,
		"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/a.b": true,
		"arn:aws:bedrock:us-gov-west-1::foundation-model/a.b":        false,
		"arn:aws-iso-b:bedrock:us-isob-east-1::foundation-model/a.b": true,
		"arn:aws-anything:bedrock:eu-west-1::foundation-model/a.b":   false,
		"arn:aws:bedrock:::foundation-model/a.b":                     true,
	} {
		if _, err := catalog.ParseID(arn); (err == nil) != want {
			t.Errorf("%s: %v", arn, err)
		}
	}
}
