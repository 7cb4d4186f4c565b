package provider

import "crypto/rand"

// NewToolUseID makes up a toolUseId as the service does: tooluse_ and 22
// characters. They are letters and digits alone, which the ids of all open
// models may hold.
func NewToolUseID() string {
	return "tooluse_" + rand.Text()[:22]
}
