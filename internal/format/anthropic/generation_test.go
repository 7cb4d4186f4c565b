package anthropic

import (
	"regexp"
	"testing"
)

func TestGeneration(t *testing.T) {
	tests := map[string]generation{
		"anthropic.claude-3-haiku-20240307-v1:0":         {model: "claude-3-haiku-20240307", major: 3},
		"anthropic.claude-3-sonnet-20240229-v1:0:200k":   {model: "claude-3-sonnet-20240229", major: 3},
		"anthropic.claude-3-5-sonnet-20241022-v2:0":      {model: "claude-3-5-sonnet-20241022", major: 3, minor: 5},
		"us.anthropic.claude-3-7-sonnet-20250219-v1:0":   {model: "claude-3-7-sonnet-20250219", major: 3, minor: 7},
		"anthropic.claude-sonnet-4-20250514-v1:0":        {model: "claude-sonnet-4-20250514", major: 4},
		"anthropic.claude-haiku-4-5-20251001-v1:0":       {model: "claude-haiku-4-5-20251001", major: 4, minor: 5},
		"anthropic.claude-opus-4-8":                      {model: "claude-opus-4-8", major: 4, minor: 8},
		"claude-sonnet-5":                                {model: "claude-sonnet-5", major: 5},
		"anthropic.claude-v2":                            {model: "claude-2.0", completions: true, major: 2},
		"anthropic.claude-v2:1:200k":                     {model: "claude-2.1", completions: true, typed: true, major: 2, minor: 1},
		"anthropic.claude-instant-v1":                    {model: "claude-instant-1.2", completions: true, major: 1, minor: 2},
		"arn:aws:bedrock:us-east-1:1:imported-model/abc": {model: "arn:aws:bedrock:us-east-1:1:imported-model/abc"},
	}
	for id, want := range tests {
		if got := generationOf(id); got != want {
			t.Errorf("%s: got %+v, want %+v", id, got, want)
		}
	}
}

func TestNewID(t *testing.T) {
	for modelID, form := range map[string]string{
		"anthropic.claude-3-haiku-20240307-v1:0": `^msg_bdrk_01[1-9A-HJ-NP-Za-km-z]{22}$`,
		"anthropic.claude-opus-4-8":              `^msg_bdrk_[a-z2-7]{52}$`,
	} {
		g := generationOf(modelID)
		first, second := g.newID(), g.newID()
		if first == second || !regexp.MustCompile(form).MatchString(first) {
			t.Errorf("%s: got %s and %s, want two of the form %s", modelID, first, second, form)
		}
	}
}
