package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// printer is how a command shows what it has found or made: to people, or to
// programs, in the words of the AWS CLI.
type printer struct {
	Format string `help:"How to print: table or json." enum:"table,json" default:"table"`
}

func (p *printer) json() bool { return p.Format == "json" }

// print writes value for programs, or what show writes for people.
func (p *printer) print(value any, show func(io.Writer)) error {
	if p.json() {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	show(table)
	return table.Flush()
}

// tell says to people what was done, beside what is printed.
func (p *printer) tell(format string, args ...any) {
	if !p.json() {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

// warn says what people should know, whoever reads what is printed.
func (p *printer) warn(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "warning: "+format+"\n", args...)
}

// list prints items, a row for each.
func list[T any](p *printer, items []T, head string, row func(T) []string) error {
	if items == nil {
		items = []T{} // [] and not null
	}
	return p.print(items, func(w io.Writer) {
		fmt.Fprintln(w, strings.ReplaceAll(head, " | ", "\t"))
		for _, item := range items {
			cells := row(item)
			for i := range cells {
				cells[i] = cmp.Or(cells[i], "-")
			}
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
	})
}

// thisSecond is when something is made: nobody needs to know it better.
func thisSecond() time.Time { return time.Now().UTC().Truncate(time.Second) }

// day is a time to the minute, empty for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

// field writes a line about one thing, unless nothing is to be said.
func field(w io.Writer, name, value string) {
	if value != "" {
		fmt.Fprintf(w, "%s\t%s\n", name, value)
	}
}

// indented sets a text off from what is around it.
func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
