package config

import "time"

// State is where the program remembers: in a file, or in a PostgreSQL server that
// several nodes share.
type State struct {
	// SQLite is the path of the file; empty is state.db in the data folder.
	SQLite string `yaml:"sqlite"`
	// Postgres is a connection string, in either form of libpq. In the file it may
	// stand as itself, or as the name of an environment variable or of a file that
	// holds it; after loading it is here in each case.
	Postgres     Secret `yaml:"postgres"`
	PostgresEnv  string `yaml:"postgresEnv"`
	PostgresFile string `yaml:"postgresFile"`
	// KeepUsage is how long the records of usage are kept; 0 is for ever.
	KeepUsage time.Duration `yaml:"keepUsage"`
}

// shortestKeep is what the longest budget is for.
const shortestKeep = 31 * 24 * time.Hour

// checkState refuses two places at once, and to forget what budgets go by.
func (d *decoder) checkState(s State) {
	if s.SQLite != "" && s.Postgres != "" {
		d.fail("state", "the state can be in one place alone", "keep sqlite or postgres")
	}
	if s.KeepUsage != 0 && s.KeepUsage < shortestKeep {
		d.fail("state.keepUsage", "usage is kept for a month at least, for which budgets are", "write 744h or more, or delete the line to keep it for ever")
	}
}
