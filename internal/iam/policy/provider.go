package policy

import (
	"fmt"
	"strings"
)

// sharedProvider returns the claim that tells the customers of an identity
// provider apart, for providers that vouch for everybody's workloads with one
// issuer. Trusting such a provider without looking at the claim lets in the whole
// world, so IAM refuses it; the list is that of the page "Identity-provider
// controls for shared OIDC providers" of the IAM User Guide.
func sharedProvider(url string) (claim string, shared bool) {
	switch url {
	case "token.actions.githubusercontent.com", "vstoken.actions.githubusercontent.com",
		"oidc-configuration.audit-log.githubusercontent.com", "gitlab.com", "agent.buildkite.com", "app.terraform.io",
		"oidc.codefresh.io", "studio.datachain.ai/api", "scalr.io", "tokens.cloud.shisho.dev", "proidc.upbound.io":
		return "sub", true
	case "api.pulumi.com/oidc", "sandboxes.cloud", "oidc.vercel.com", "cognito-identity.amazonaws.com":
		return "aud", true
	default:
		return "", false
	}
}

// checkProviders refuses a statement that trusts all customers of a provider. No
// answer of IAM about it was at hand; the sentence is near to what is reported.
func (c *compiler) checkProviders(s *statement, raw *rawStatement) error {
	if s.effect != Allow {
		return nil
	}
	for i := range s.principals {
		p := &s.principals[i]
		if p.kind != federated {
			continue
		}
		url := p.value
		if _, after, ok := strings.Cut(url, ":oidc-provider/"); ok {
			url = after
		}
		claim, shared := sharedProvider(url)
		if key := url + ":" + claim; shared && !s.narrows(key) {
			return c.fail(raw.principal[i].text,
				fmt.Sprintf("The trust policy trusts shared OpenID Connect provider %q without a Condition scoping %q to your own tenant.", url, key), "")
		}
	}
	return nil
}

// narrows says whether a condition holds a key to certain texts.
func (s *statement) narrows(key string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		if equalKey(c.key, key) && c.family <= familyStringLike && !c.negated && !c.ifExists && c.quantifier != allValues && c.excludesSome() {
			return true
		}
	}
	return false
}

// excludesSome says whether all values wanted have more in them than wildcards.
func (c *condition) excludesSome() bool {
	for i := range c.wants {
		if strings.Trim(c.wants[i].text.source, "*?") == "" {
			return false
		}
	}
	return true
}
