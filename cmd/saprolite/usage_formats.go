package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/saprolite/saprolite/internal/meter"
)

// writers write sums in the formats of saprolite usage.
var writers = map[string]func(io.Writer, []meter.Field, []meter.Sum) error{
	"table": writeTable,
	"csv":   writeCSV,
	"json":  writeJSON,
}

// column is one of the numbers of a sum.
type column struct {
	name  string
	value func(*meter.Sum) int64
}

var columns = []column{
	{"calls", func(s *meter.Sum) int64 { return s.Calls }},
	{"errors", func(s *meter.Sum) int64 { return s.Errors }},
	{"inputTokens", func(s *meter.Sum) int64 { return s.InputTokens }},
	{"outputTokens", func(s *meter.Sum) int64 { return s.OutputTokens }},
	{"cacheReadTokens", func(s *meter.Sum) int64 { return s.CacheReadTokens }},
	{"cacheWriteTokens", func(s *meter.Sum) int64 { return s.CacheWriteTokens }},
	{"images", func(s *meter.Sum) int64 { return s.Images }},
	{"embeddings", func(s *meter.Sum) int64 { return s.Embeddings }},
	{"guardrailUnits", func(s *meter.Sum) int64 { return s.GuardrailUnits }},
	{"averageFirstTokenMs", func(s *meter.Sum) int64 { return milliseconds(s.FirstToken) }},
	{"averageTotalMs", func(s *meter.Sum) int64 { return milliseconds(s.Total) }},
}

// milliseconds rounds up, so that 0 means that there is none.
func milliseconds(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() }

// writeTable leaves out the columns in which nothing is, but for those that always
// count.
func writeTable(w io.Writer, by []meter.Field, sums []meter.Sum) error {
	var shown []column
	for i, c := range columns {
		used := i < 4
		for j := range sums {
			used = used || c.value(&sums[j]) != 0
		}
		if used {
			shown = append(shown, c)
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells []string) { fmt.Fprintln(table, strings.Join(cells, "\t")) }
	var head []string
	for _, field := range by {
		head = append(head, strings.ToUpper(string(field)))
	}
	for _, c := range shown {
		head = append(head, inWords(c.name))
	}
	line(append(head, "COST $"))
	for i := range sums {
		var cells []string
		for _, value := range sums[i].Group {
			cells = append(cells, cell(value))
		}
		for _, c := range shown {
			cells = append(cells, strconv.FormatInt(c.value(&sums[i]), 10))
		}
		line(append(cells, meter.FormatDollars(sums[i].Cost)))
	}
	return table.Flush()
}

// cell writes a value for the table. Those of requestMetadata are the callers', and may
// have tabs and ends of lines.
func cell(value string) string {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return strconv.Quote(value)
	}
	return cmp.Or(value, "-")
}

// inWords writes cacheReadTokens as CACHE READ TOKENS.
func inWords(name string) string {
	var words strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			words.WriteByte(' ')
		}
		words.WriteRune(r)
	}
	return strings.ToUpper(words.String())
}

func writeCSV(w io.Writer, by []meter.Field, sums []meter.Sum) error {
	table := csv.NewWriter(w)
	var head []string
	for _, field := range by {
		head = append(head, string(field))
	}
	for _, c := range columns {
		head = append(head, c.name)
	}
	if err := table.Write(append(head, "cost")); err != nil {
		return err
	}
	for i := range sums {
		cells := append([]string(nil), sums[i].Group...)
		for _, c := range columns {
			cells = append(cells, strconv.FormatInt(c.value(&sums[i]), 10))
		}
		if err := table.Write(append(cells, meter.FormatDollars(sums[i].Cost))); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

// writeJSON writes a list of objects. The cost is a number with all its digits.
func writeJSON(w io.Writer, by []meter.Field, sums []meter.Sum) error {
	list := make([]map[string]any, len(sums))
	for i := range sums {
		object := map[string]any{"cost": json.Number(meter.FormatDollars(sums[i].Cost))}
		for j, field := range by {
			object[string(field)] = sums[i].Group[j]
		}
		for _, c := range columns {
			object[c.name] = c.value(&sums[i])
		}
		list[i] = object
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(list)
}
