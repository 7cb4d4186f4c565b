package policy

// Actions that an operation needs beside or instead of the one of its name.
const (
	ActionInvokeModel                   = "bedrock:InvokeModel"
	ActionInvokeModelWithResponseStream = "bedrock:InvokeModelWithResponseStream"
	// ActionApplyGuardrail is needed on the guardrail for any inference with one.
	ActionApplyGuardrail = "bedrock:ApplyGuardrail"
	// ActionCallWithBearerToken is needed for any operation with an API key.
	ActionCallWithBearerToken = "bedrock:CallWithBearerToken"
	// ActionRenderPrompt is needed on a prompt that stands in place of a model.
	ActionRenderPrompt = "bedrock:RenderPrompt"
	// ActionInvokeTool is needed on a system tool that a conversation uses.
	ActionInvokeTool = "bedrock:InvokeTool"
)

// Condition keys of Amazon Bedrock.
const (
	// KeyBearerTokenType is SHORT_TERM or LONG_TERM.
	KeyBearerTokenType = "bedrock:BearerTokenType"
	// KeyGuardrailIdentifier is a guardrail's ARN, with :VERSION for a numbered one.
	KeyGuardrailIdentifier = "bedrock:GuardrailIdentifier"
	// KeyInferenceProfileARN is the profile through which a model is used.
	KeyInferenceProfileARN = "bedrock:InferenceProfileArn"
	KeyModelARN            = "bedrock:ModelArn"
	KeyProjectARN          = "bedrock:ProjectArn"
	// KeyPromptRouterARN is the router through which a model is used.
	KeyPromptRouterARN = "bedrock:PromptRouterArn"
	KeyServiceTier     = "bedrock:ServiceTier"
)

// Condition keys that all services have. The three that end in a slash take the
// key of a tag after it.
const (
	KeyCurrentTime = "aws:CurrentTime"
	KeyEpochTime   = "aws:EpochTime"
	// KeyFederatedProvider is the identity provider on whose word the role of a session
	// was assumed.
	KeyFederatedProvider = "aws:FederatedProvider"
	// KeyMultiFactorAuth is for temporary credentials only.
	KeyMultiFactorAuth  = "aws:MultiFactorAuthPresent"
	KeyPrincipalAccount = "aws:PrincipalAccount"
	KeyPrincipalARN     = "aws:PrincipalArn"
	// KeyPrincipalType is Account, User, FederatedUser, AssumedRole or Anonymous.
	KeyPrincipalType   = "aws:PrincipalType"
	KeyPrincipalTag    = "aws:PrincipalTag/"
	KeyRequestedRegion = "aws:RequestedRegion"
	KeyRequestTag      = "aws:RequestTag/"
	KeyResourceTag     = "aws:ResourceTag/"
	KeyResourceAccount = "aws:ResourceAccount"
	KeySecureTransport = "aws:SecureTransport"
	// KeySourceIdentity is who is behind a session.
	KeySourceIdentity = "aws:SourceIdentity"
	KeySourceIP       = "aws:SourceIp"
	// KeyTagKeys has a value for each tag in the request.
	KeyTagKeys = "aws:TagKeys"
	// KeyTokenIssueTime is when the temporary credentials of a session were made.
	KeyTokenIssueTime = "aws:TokenIssueTime"
	KeyUserAgent      = "aws:UserAgent"
	KeyUserID         = "aws:userid"
	// KeyUserName is for users only; sessions of roles have none.
	KeyUserName = "aws:username"
)

// ActionInfo is what IAM knows of an action.
type ActionInfo struct {
	// Resources are the types of resources it is checked on. None means that it is
	// allowed on "*" alone.
	Resources []string
	// Keys are the condition keys it has beside those of all services. The part
	// after a slash is the key of a tag.
	Keys []string
}

// ActionOf returns the action that IAM checks for an operation of Amazon Bedrock.
// Most have their own name; Converse and its kin have none in IAM.
func ActionOf(operation string) string {
	switch operation {
	case "Converse", "InvokeModelWithBidirectionalStream", "StartAsyncInvoke":
		return ActionInvokeModel
	case "ConverseStream":
		return ActionInvokeModelWithResponseStream
	default:
		return "bedrock:" + operation
	}
}

// LookupAction returns what IAM knows of an action of Amazon Bedrock, and false
// for those that Saprolite has no operation for. The facts are those of the AWS
// service authorization reference of September 2026.
func LookupAction(action string) (ActionInfo, bool) {
	info, ok := actions[action]
	return info, ok
}

var actions = map[string]ActionInfo{
	ActionInvokeModel: {
		Resources: []string{
			"application-inference-profile", "async-invoke", "bedrock-marketplace-model-endpoint", "custom-model-deployment",
			"default-prompt-router", "foundation-model", "imported-model", "inference-profile", "project", "prompt-router",
			"provisioned-model", "system-tool",
		},
		Keys: []string{
			KeyRequestTag, KeyTagKeys, KeyGuardrailIdentifier, KeyInferenceProfileARN, KeyModelARN, KeyProjectARN,
			KeyPromptRouterARN, KeyServiceTier,
		},
	},
	ActionInvokeModelWithResponseStream: {
		Resources: []string{
			"application-inference-profile", "bedrock-marketplace-model-endpoint", "custom-model-deployment",
			"default-prompt-router", "foundation-model", "imported-model", "inference-profile", "prompt-router",
			"provisioned-model", "system-tool",
		},
		Keys: []string{KeyGuardrailIdentifier, KeyInferenceProfileARN, KeyPromptRouterARN, KeyServiceTier},
	},
	ActionApplyGuardrail:      {Resources: []string{"guardrail", "guardrail-profile"}},
	ActionCallWithBearerToken: {Keys: []string{KeyBearerTokenType}},
	ActionInvokeTool:          {Resources: []string{"system-tool"}},
	ActionRenderPrompt:        {Resources: []string{"prompt", "prompt-version"}},

	"bedrock:CountTokens":           {Resources: []string{"foundation-model"}},
	"bedrock:GetAsyncInvoke":        {Resources: []string{"async-invoke"}},
	"bedrock:InvokeGuardrailChecks": {},
	"bedrock:ListAsyncInvokes":      {},
	"bedrock:Rerank":                {},

	"bedrock:GetFoundationModel":             {Resources: []string{"foundation-model"}},
	"bedrock:GetFoundationModelAvailability": {},
	"bedrock:ListFoundationModels":           {},

	"bedrock:CreateInferenceProfile": {
		Resources: []string{"application-inference-profile", "foundation-model", "inference-profile"},
		Keys:      []string{KeyRequestTag, KeyTagKeys},
	},
	"bedrock:DeleteInferenceProfile": {Resources: []string{"application-inference-profile"}},
	"bedrock:GetInferenceProfile":    {Resources: []string{"application-inference-profile", "inference-profile"}},
	"bedrock:ListInferenceProfiles":  {},

	"bedrock:CreateGuardrail": {
		Resources: []string{"automated-reasoning-policy", "automated-reasoning-policy-version", "guardrail-profile"},
		Keys:      []string{KeyRequestTag, KeyTagKeys},
	},
	"bedrock:CreateGuardrailVersion": {Resources: []string{"guardrail"}},
	"bedrock:DeleteGuardrail":        {Resources: []string{"guardrail"}},
	"bedrock:GetGuardrail":           {Resources: []string{"guardrail"}},
	"bedrock:ListGuardrails":         {Resources: []string{"guardrail"}},
	"bedrock:UpdateGuardrail": {
		Resources: []string{"automated-reasoning-policy", "automated-reasoning-policy-version", "guardrail", "guardrail-profile"},
	},

	"bedrock:ListTagsForResource": {Resources: tagged},
	"bedrock:TagResource":         {Resources: tagged, Keys: []string{KeyRequestTag, KeyTagKeys}},
	"bedrock:UntagResource":       {Resources: tagged, Keys: []string{KeyTagKeys}},

	"bedrock:DeleteModelInvocationLoggingConfiguration": {},
	"bedrock:GetModelInvocationLoggingConfiguration":    {},
	"bedrock:PutModelInvocationLoggingConfiguration":    {},
}

// tagged are the types of resources here that have tags; AWS has more.
var tagged = []string{
	"application-inference-profile", "async-invoke", "custom-model", "custom-model-deployment", "guardrail",
	"imported-model", "model-invocation-job", "prompt", "prompt-router", "prompt-version", "provisioned-model",
}

// ResourceARN writes the ARN of a resource of Amazon Bedrock. The kind is one of
// [ActionInfo].Resources, and id what follows it. Foundation models belong to no
// account and system tools to no region. The region may be empty: AWS checks a
// global inference profile's models as arn:aws:bedrock:::foundation-model/ID.
func ResourceARN(partition, region, account, kind, id string) string {
	switch kind {
	case "foundation-model":
		account = ""
	case "system-tool":
		region = ""
	case "prompt-version":
		kind = "prompt"
	case "automated-reasoning-policy-version":
		kind = "automated-reasoning-policy"
	case "bedrock-marketplace-model-endpoint":
		kind, id = "marketplace", "model-endpoint/all-access"
	}
	return "arn:" + partition + ":bedrock:" + region + ":" + account + ":" + kind + "/" + id
}
