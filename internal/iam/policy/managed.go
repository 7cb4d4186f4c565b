package policy

import (
	"embed"
	"path"
	"strings"
)

// ManagedPrefix begins the ARNs of the policies that AWS manages.
const ManagedPrefix = "arn:aws:iam::aws:policy/"

//go:embed managed/*.json
var managed embed.FS

// ManagedByAWS returns the document of a policy that AWS manages, by its name, as
// AmazonBedrockReadOnly, or by its ARN.
func ManagedByAWS(nameOrARN string) (document []byte, ok bool) {
	name := strings.TrimPrefix(nameOrARN, ManagedPrefix)
	document, err := managed.ReadFile("managed/" + name + ".json")
	return document, err == nil
}

// ManagedNames returns the names of the policies that [ManagedByAWS] knows, in
// alphabetical order.
func ManagedNames() []string {
	// The folder is part of the program, so this cannot fail.
	entries, _ := managed.ReadDir("managed")
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
	}
	return names
}
