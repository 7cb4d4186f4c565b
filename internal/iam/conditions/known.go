package conditions

import (
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

// Known are the keys that some request has a value of here, but for the claims of identity
// providers. Of those that end in a slash a name of the caller's follows.
func Known() []string {
	return []string{
		policy.KeyBearerTokenType, policy.KeyGuardrailIdentifier, policy.KeyInferenceProfileARN, policy.KeyServiceTier,
		policy.KeyCurrentTime, policy.KeyEpochTime, policy.KeyFederatedProvider, policy.KeyMultiFactorAuth,
		policy.KeyPrincipalAccount, policy.KeyPrincipalARN, policy.KeyPrincipalTag, policy.KeyPrincipalType,
		policy.KeyRequestedRegion, policy.KeyRequestTag, policy.KeyResourceTag, policy.KeySecureTransport,
		policy.KeySourceIdentity, policy.KeySourceIP, policy.KeyTagKeys, policy.KeyTokenIssueTime,
		policy.KeyUserAgent, policy.KeyUserID, policy.KeyUserName,
		"sts:ExternalId", "sts:RoleSessionName", "sts:SourceIdentity", "sts:TransitiveTagKeys",
	}
}

// Unknown gives the keys that a policy looks at and that no request has a value of.
func Unknown(p *policy.Policy) []string {
	known := Known()
	return slices.DeleteFunc(p.Keys(), func(key string) bool {
		return slices.ContainsFunc(known, func(name string) bool { return fits(key, name) }) ||
			p.Kind() == policy.Trust && isClaim(key)
	})
}

// fits says whether a key has a name, in any case.
func fits(key, name string) bool {
	if strings.HasSuffix(name, "/") {
		return len(key) > len(name) && strings.EqualFold(key[:len(name)], name)
	}
	return strings.EqualFold(key, name)
}

// isClaim says whether a key of a trust policy may be one of an identity provider, which
// can have any name but those of the services that know callers.
func isClaim(key string) bool {
	service, _, _ := strings.Cut(key, ":")
	return !slices.Contains([]string{"aws", "sts", "saml"}, strings.ToLower(service))
}
