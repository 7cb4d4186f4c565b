package policy_test

import (
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// TestEveryOperationHasAnAction finds operations that the table has forgotten.
func TestEveryOperationHasAnAction(t *testing.T) {
	for _, op := range bedrock.Operations() {
		action := policy.ActionOf(op.Name)
		if _, ok := policy.LookupAction(action); !ok {
			t.Errorf("%s: nothing is known of %s", op.Name, action)
		}
	}
}
