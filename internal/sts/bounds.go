package sts

import (
	"encoding/json"
	"strconv"
)

// The policies that bound a session, and how much of them it carries.

// checkPolicy refuses a session policy that is none.
func (x *exchange) checkPolicy(document string) error {
	if x.CheckPolicy != nil {
		if err := x.CheckPolicy(document); err != nil {
			return errMalformedPolicy(err.Error())
		}
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(document), &object) != nil || object == nil {
		return errMalformedPolicy("Syntax errors in policy.")
	}
	return nil
}

// checkPolicies refuses managed policies that there are not: with one of them a session
// could do nothing. Only those whom the role trusts learn which there are.
func (a *assumption) checkPolicies() error {
	for _, arn := range a.policies {
		if a.role.HasPolicy != nil && !a.role.HasPolicy(arn) {
			return errMalformedPolicy("Policy " + arn + " does not exist or is not attachable.")
		}
	}
	return nil
}

// maxPacked bounds what a session carries with it, in bytes, so that its token fits
// into the headers that proxies take.
const maxPacked = 4096

// packed is how much of the room for session policies and tags is taken, in percent.
func (a *assumption) packed() (int, error) {
	policies, tags := len(a.policy), 0
	for _, arn := range a.policies {
		policies += len(arn)
	}
	for name, value := range a.tags.values {
		tags += len(name) + len(value)
	}
	percent := ((policies+tags)*100 + maxPacked - 1) / maxPacked
	switch {
	case percent <= 100:
		return percent, nil
	case policies == 0:
		return 0, errPacked("Packed size of session tags consumes " + strconv.Itoa(percent) + "% of allotted space.")
	}
	return 0, errPacked("Packed policy consumes " + strconv.Itoa(percent) + "% of allotted space, please use smaller policy.")
}
