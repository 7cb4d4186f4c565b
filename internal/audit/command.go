package audit

import (
	"crypto/rand"
	"os/user"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/conditions"
)

// Change is what a command of this program has done to those who exist. No API is
// asked for it: who has the state may.
type Change struct {
	Verb   Verb
	Entity iam.Ref
	At     time.Time
}

// Verb is what was done.
type Verb string

// The verbs.
const (
	Create Verb = "Create"
	Update Verb = "Update"
	Delete Verb = "Delete"
)

// typeOSUser is the UserIdentity.Type of users of this machine, for whom CloudTrail has
// no word.
const typeOSUser = "OSUser"

// Changed writes the line of a change. The error says that it is not kept, and is nil
// where the trail goes on without.
func (t *Trail) Changed(c Change) error {
	if err := t.add(changed(&c)); err != nil && t.o.OnFailure == Refuse {
		return err
	}
	return nil
}

func changed(c *Change) *Event {
	named := kinds[c.Entity.Kind]
	return &Event{
		UserIdentity: osUser(), EventTime: eventTime(c.At), EventSource: "iam.amazonaws.com", EventName: string(c.Verb) + named.name,
		AWSRegion: conditions.DefaultRegion, SourceIPAddress: "localhost", UserAgent: "saprolite",
		RequestParameters: map[string]string{named.parameter: clean(c.Entity.Name)},
		RequestID:         rand.Text(), EventID: rand.Text(), RecipientAccountID: c.Entity.Account,
	}
}

// kinds are IAM's names of what there is, and of the parameter that names one.
var kinds = map[iam.Kind]struct{ name, parameter string }{
	iam.KindAccount:   {"Account", "accountId"},
	iam.KindUser:      {"User", "userName"},
	iam.KindGroup:     {"Group", "groupName"},
	iam.KindRole:      {"Role", "roleName"},
	iam.KindPolicy:    {"Policy", "policyName"},
	iam.KindAccessKey: {"AccessKey", "accessKeyId"},
	iam.KindAPIKey:    {"ServiceSpecificCredential", "serviceSpecificCredentialId"},
}

func osUser() UserIdentity {
	who := UserIdentity{Type: typeOSUser}
	if known, err := user.Current(); err == nil {
		who.PrincipalID, who.UserName = clean(known.Uid), clean(known.Username)
	}
	return who
}
