package quota

import (
	"fmt"
	"slices"

	"github.com/saprolite/saprolite/internal/bedrock"
)

const tooManyTokens = "Too many tokens, please wait before trying again."

// Refusal is the error of a request that a full bucket refuses, in the words of the
// service; the cause, for the log, names the bucket. Too many that run at the same
// time, a queue that is full and a wait that was too long are too many requests.
func Refusal(m Match, kind Kind) error {
	message := "Too many requests, please wait before trying again."
	switch kind {
	case TokensPerMinute:
		message = tooManyTokens
	case TokensPerDay:
		message = "Too many tokens per day, please wait before trying again."
	}
	return bedrock.WithCause(&bedrock.ThrottlingException{Message: message}, fmt.Errorf("quota %s: %s", m.Rule.Name, kind))
}

// errNeverFits refuses what waiting does not help. SDKs do not try it again, where the
// operation has an error that says so; where it has none, as Converse, the service has
// but one word for too many tokens.
func errNeverFits(rule *Rule, operation bedrock.Operation) error {
	var refusal bedrock.Exception = &bedrock.ServiceQuotaExceededException{Message: "Your request exceeds the service quota for your account."}
	if !slices.Contains(operation.Exceptions(), refusal.ErrorCode()) {
		refusal = &bedrock.ThrottlingException{Message: tooManyTokens}
	}
	return bedrock.WithCause(refusal, fmt.Errorf("quota %s: no wait makes room for the request", rule.Name))
}

// Unavailable is the error of a limiter that cannot count, because of cause.
func Unavailable(cause error) error {
	return bedrock.WithCause(&bedrock.ServiceUnavailableException{Message: "Bedrock is unable to process your request."}, cause)
}
