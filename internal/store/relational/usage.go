package relational

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/meter"
)

const counts = `input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, images, embeddings, guardrail_units`

// SumUsage implements [store.Usage].
func (db *DB) SumUsage(ctx context.Context, q meter.Query) ([]meter.Sum, error) {
	text, args, err := db.sumQuery(q)
	if err != nil {
		return nil, err
	}
	return query(ctx, db.read, func(rows *sql.Rows, s *meter.Sum) error {
		s.Group = make([]string, len(q.GroupBy))
		var targets []any
		for i := range s.Group {
			targets = append(targets, &s.Group[i])
		}
		var firstToken, total int64
		targets = append(targets, &s.Calls, &s.Errors, &s.InputTokens, &s.OutputTokens, &s.CacheReadTokens, &s.CacheWriteTokens,
			&s.Images, &s.Embeddings, &s.GuardrailUnits, &s.Cost, &firstToken, &total)
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		s.FirstToken, s.Total = time.Duration(firstToken)*time.Microsecond, time.Duration(total)*time.Microsecond
		for i, field := range q.GroupBy {
			s.Group[i] = shown(field, s.Group[i])
		}
		return nil
	}, text, args...)
}

// sumQuery writes a query, with all that a caller says in its parameters.
func (db *DB) sumQuery(q meter.Query) (text string, args []any, err error) {
	param := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	var groups []string
	for _, field := range q.GroupBy {
		column, err := db.column(field, param)
		if err != nil {
			return "", nil, err
		}
		groups = append(groups, "CAST("+column+" AS TEXT)")
	}
	var where []string
	if !q.From.IsZero() {
		where = append(where, "time >= "+param(q.From.UnixMicro()))
	}
	if !q.To.IsZero() {
		where = append(where, "time < "+param(q.To.UnixMicro()))
	}
	for field, value := range q.Only {
		column, err := db.column(field, param)
		if err != nil {
			return "", nil, err
		}
		value, err = kept(field, value)
		if err != nil {
			return "", nil, err
		}
		where = append(where, "CAST("+column+" AS TEXT) = "+param(value))
	}
	for field, prefix := range q.Prefix {
		column, err := db.column(field, param)
		if err != nil {
			return "", nil, err
		}
		p := "CAST(" + param(prefix) + " AS TEXT)"
		where = append(where, "SUBSTR(CAST("+column+" AS TEXT), 1, LENGTH("+p+")) = "+p)
	}
	return sumText(groups, where), args, nil
}

func sumText(groups, where []string) string {
	var text strings.Builder
	text.WriteString("SELECT ")
	for _, group := range groups {
		text.WriteString(group + ", ")
	}
	text.WriteString("COUNT(*), COALESCE(SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END), 0)")
	for name := range strings.SplitSeq(counts+", cost", ", ") {
		// PostgreSQL sums up to numeric.
		text.WriteString(", CAST(COALESCE(SUM(" + name + "), 0) AS BIGINT)")
	}
	for _, name := range []string{"first_token", "total"} {
		text.WriteString(", " + average(name))
	}
	text.WriteString(" FROM usage_records")
	if len(where) > 0 {
		text.WriteString(" WHERE " + strings.Join(where, " AND "))
	}
	if len(groups) > 0 {
		var numbers []string
		for i := range groups {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
		// The number of a column says in both databases what is meant.
		text.WriteString(" GROUP BY " + strings.Join(numbers, ", ") + " ORDER BY " + strings.Join(numbers, ", "))
	}
	return text.String()
}

// average is the expression of an average over the calls whose value is not 0, in whole
// numbers: the two databases round others differently.
func average(name string) string {
	return "COALESCE(CAST(SUM(" + name + ") AS BIGINT) / NULLIF(SUM(CASE WHEN " + name + " > 0 THEN 1 ELSE 0 END), 0), 0)"
}

const (
	hour = int64(time.Hour / time.Microsecond)
	day  = 24 * hour

	dayLayout  = "2006-01-02"
	hourLayout = "2006-01-02T15"
)

// column gives the expression of a field.
func (db *DB) column(field meter.Field, param func(any) string) (string, error) {
	if key, ok := field.MetadataKey(); ok {
		return "COALESCE(" + db.member("metadata", "CAST("+param(key)+" AS TEXT)") + ", '')", nil
	}
	switch field {
	case meter.FieldDay:
		return fmt.Sprintf("time / %d", day), nil
	case meter.FieldHour:
		return fmt.Sprintf("time / %d", hour), nil
	case meter.FieldRequest:
		return "request_id", nil
	}
	if !slices.Contains(meter.Fields(), field) {
		return "", fmt.Errorf("usage has no field %q", field)
	}
	return string(field), nil
}

// shown writes a value of the database as a person reads it, and kept the other way
// round.
func shown(field meter.Field, value string) string {
	unit, layout := dayOrHour(field)
	if unit == 0 {
		return value
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return time.UnixMicro(n * unit).UTC().Format(layout)
}

func kept(field meter.Field, value string) (string, error) {
	unit, layout := dayOrHour(field)
	if unit == 0 {
		return value, nil
	}
	t, err := time.Parse(layout, value)
	if err != nil {
		example := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC).Format(layout)
		return "", fmt.Errorf("%q is no %s; write %s, in UTC", value, field, example)
	}
	return strconv.FormatInt(t.UnixMicro()/unit, 10), nil
}

func dayOrHour(field meter.Field) (unit int64, layout string) {
	switch field {
	case meter.FieldDay:
		return day, dayLayout
	case meter.FieldHour:
		return hour, hourLayout
	}
	return 0, ""
}

// DeleteUsage implements [store.Usage].
func (db *DB) DeleteUsage(ctx context.Context, before time.Time) error {
	_, err := db.write.ExecContext(ctx, `DELETE FROM usage_records WHERE time < $1`, before.UnixMicro())
	return err
}
