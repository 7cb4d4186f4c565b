package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/store"
)

// office is what the commands have in common that see or change who exists. They
// work on the state itself, beside a server that runs or none.
type office struct {
	place
	printer
}

// accountFlag chooses the account that a command is about.
type accountFlag struct {
	Account string `help:"Account, twelve digits. Default: the only one there is." placeholder:"ID"`
}

// desk is an office that is open.
type desk struct {
	admin.Runner
	settings *config.Config
	data     string
	state    store.Store
	// unread is why those whom the configuration declares are not known.
	unread error
}

// desk reads whom the configuration declares.
func (o *office) desk() (*desk, error) {
	settings, err := o.load()
	if err != nil {
		return nil, err
	}
	d := &desk{settings: settings}
	if d.data, err = o.dataDir(settings); err != nil {
		return nil, err
	}
	if d.File = settings.Principals; d.File != "" {
		d.Declared, d.unread = config.LoadDeclared(d.File)
	}
	return d, nil
}

// open opens the state for as long as work takes.
func (d *desk) open(ctx context.Context, work func(context.Context) error) error {
	return inquiry{d.settings, d.data, app.StateTime}.run(ctx, func(ctx context.Context, state store.Store) error {
		d.Store, d.state = state, state
		return work(ctx)
	})
}

// see runs what looks at everybody.
func (o *office) see(ctx context.Context, look func(*admin.Everybody) error) error {
	return o.with(ctx, func(ctx context.Context, d *desk) error {
		everybody, err := d.Everybody(ctx)
		if err != nil {
			return err
		}
		return look(everybody)
	})
}

// change makes the changes that think finds necessary, and then says done.
func (o *office) change(ctx context.Context, think func(*admin.Everybody) ([]store.Change, error), done string, args ...any) error {
	return o.with(ctx, func(ctx context.Context, d *desk) error {
		if err := d.Apply(ctx, think); err != nil {
			return err
		}
		o.tell(done, args...)
		return nil
	})
}

// create is change for somebody who is new, and whom programs are shown.
func (o *office) create(ctx context.Context, think func(*admin.Everybody) ([]store.Change, error), show func(*admin.Everybody) (any, error), done string, args ...any) error {
	return o.with(ctx, func(ctx context.Context, d *desk) error {
		if err := d.Apply(ctx, think); err != nil {
			return err
		}
		o.tell(done, args...)
		if !o.json() {
			return nil
		}
		everybody, err := d.Everybody(ctx)
		if err != nil {
			return err
		}
		view, err := show(everybody)
		if err != nil {
			return err
		}
		return o.print(view, nil)
	})
}

// with opens the office for as long as work takes.
func (o *office) with(ctx context.Context, work func(context.Context, *desk) error) error {
	d, err := o.desk()
	if err != nil {
		return err
	}
	if d.unread != nil {
		return d.unread
	}
	return d.open(ctx, func(ctx context.Context) error { return work(ctx, d) })
}

// ring gives the keys that seal secrets.
func (d *desk) ring() (*seal.Ring, error) { return app.OpenSeal(d.settings, d.data) }

// choose gives the account that was named, or the only one there is.
func (a *accountFlag) choose(e *admin.Everybody) (string, error) {
	if a.Account != "" {
		return a.Account, nil
	}
	switch len(e.All.Accounts) {
	case 0:
		return "", errors.New("there is no account: make one with \"saprolite accounts create\", and then try again; or name the server's configuration with --config, or its folder with --data")
	case 1:
		return e.All.Accounts[0].ID, nil
	}
	var ids []string
	for _, account := range e.All.Accounts {
		ids = append(ids, account.ID)
	}
	return "", fmt.Errorf("there are several accounts: add --account and one of %s", strings.Join(ids, ", "))
}

// ref names an entity of the chosen account.
func (a *accountFlag) ref(e *admin.Everybody, kind iam.Kind, name string) (iam.Ref, error) {
	account, err := a.choose(e)
	return iam.Ref{Kind: kind, Account: account, Name: name}, err
}

// maxFile bounds, in bytes, a policy that is read.
const maxFile = 256 << 10

// readPolicy reads a document from a file, or from standard input for "-".
func readPolicy(path string) (string, error) {
	in := os.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("%w: name a file with a policy in JSON, or - for standard input", err)
		}
		defer file.Close()
		in = file
	}
	content, err := io.ReadAll(io.LimitReader(in, maxFile))
	return string(content), err
}

// age is a duration that may be in days.
type age time.Duration

// UnmarshalText reads 90d, or a duration as Go writes it.
func (a *age) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= maxDays {
			*a = age(time.Duration(n) * 24 * time.Hour)
			return nil
		}
	} else if d, err := time.ParseDuration(string(text)); err == nil && d > 0 && d <= maxDays*24*time.Hour {
		*a = age(d)
		return nil
	}
	return fmt.Errorf("%q is no time: write it as 90d or 12h, and no more than %dd", text, maxDays)
}

// maxDays is how old IAM lets an API key grow (CreateServiceSpecificCredential,
// CredentialAgeDays).
const maxDays = 36600
