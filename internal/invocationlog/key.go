package invocationlog

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// The parts of keys, as the service lays them out.
const (
	logsPart    = "AWSLogs"
	servicePart = "BedrockModelInvocationLogs"
	// checkName is the object by which the service tries whether it may write.
	checkName = "amazon-bedrock-logs-permission-check"
)

// accountKey is what all keys of an account begin with.
func (d *Destination) accountKey(account string) string {
	return d.Prefix + logsPart + "/" + account + "/" + servicePart + "/"
}

// regionName is what regions are called. Callers sign for any, and not every text can
// be in a key.
var regionName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// hourKey is what the keys of an hour begin with.
func (d *Destination) hourKey(account, region string, at time.Time) string {
	if !regionName.MatchString(region) {
		region = "other"
	}
	return d.accountKey(account) + region + "/" + at.UTC().Format("2006/01/02/15") + "/"
}

// isLog says whether a key is one of this log's, or of that of the service.
func isLog(key string) bool {
	parts := strings.FieldsFunc(key, func(r rune) bool { return r == '/' || r == '\\' })
	for i := 2; i < len(parts); i++ {
		if strings.EqualFold(parts[i-2], logsPart) && strings.EqualFold(parts[i], servicePart) {
			return true
		}
	}
	return false
}

// Hide gives a store without the objects of invocation logs, which hold what others
// have said: whoever may name an object in a request would read it.
func Hide(s objectstore.Store) objectstore.Store { return hiding{s} }

type hiding struct{ objectstore.Store }

func (h hiding) Get(ctx context.Context, name objectstore.Name, limit int64) (*objectstore.Object, error) {
	if isLog(name.Key) {
		return nil, hidden(name)
	}
	return h.Store.Get(ctx, name, limit)
}

func (h hiding) Stat(ctx context.Context, name objectstore.Name) (objectstore.Info, error) {
	if isLog(name.Key) {
		return objectstore.Info{}, hidden(name)
	}
	return h.Store.Stat(ctx, name)
}

func hidden(name objectstore.Name) error {
	return fmt.Errorf("%w: %s is of an invocation log", objectstore.ErrDenied, name)
}
