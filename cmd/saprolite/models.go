package main

import (
	"cmp"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/saprolite/saprolite/internal/catalog"
)

type modelsCommand struct{ setup }

// Run lists what the catalogue answers, and by what.
func (c *modelsCommand) Run() error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	models, err := catalog.New(settings.Catalog())
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MODEL ID\tNAME\tANSWERED BY")
	for _, model := range models.Served() {
		target, err := models.Resolve(model.ID)
		if err != nil {
			continue
		}
		fmt.Fprintf(table, "%s\t%s %s\t%s\n", model.ID, model.Vendor, model.Name, describe(settings.Providers[target.Provider].Describe(), target))
	}
	return table.Flush()
}

// describe words who answers: the provider, and the name it is asked for.
func describe(what string, target catalog.Target) string {
	return target.Provider + " (" + cmp.Or(target.Upstream, what) + ")"
}
