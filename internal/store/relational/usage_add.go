package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/meter"
)

// usageColumns are in the order of usageRow.
const usageColumns = `request_id, time, account, principal, operation, model, provider, profile, tier, status, error, ` + counts + `, first_token, total, cost, metadata`

// usageRows is how many records one statement adds. A database on another machine
// is asked the less often the more they are; the driver of SQLite looks each
// parameter up among all others.
const usageRows = 8

// AddUsage implements [store.Usage].
func (db *DB) AddUsage(ctx context.Context, records []meter.Record) error {
	if len(records) == 0 {
		return nil
	}
	return db.change(ctx, func(tx *sql.Tx) error {
		whole := len(records) - len(records)%usageRows
		if err := addGroups(ctx, tx, records[:whole], usageRows); err != nil {
			return err
		}
		return addGroups(ctx, tx, records[whole:], len(records)-whole)
	})
}

// addGroups adds records in groups of so many. It prepares their statement: to read
// one costs as much as to run it.
func addGroups(ctx context.Context, tx *sql.Tx, records []meter.Record, rows int) (err error) {
	if len(records) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, insertUsage(rows))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for group := range slices.Chunk(records, rows) {
		values, err := usageValues(group)
		if err != nil {
			return err
		}
		if _, err := statement.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// insertUsage is the statement that adds so many records.
func insertUsage(rows int) string {
	columns := strings.Count(usageColumns, ",") + 1
	var text strings.Builder
	text.WriteString(`INSERT INTO usage_records (` + usageColumns + `) VALUES `)
	for i := range rows * columns {
		switch {
		case i == 0:
			text.WriteByte('(')
		case i%columns == 0:
			text.WriteString("),(")
		default:
			text.WriteByte(',')
		}
		text.WriteString("$" + strconv.Itoa(i+1))
	}
	text.WriteString(`) ON CONFLICT (request_id) DO NOTHING`)
	return text.String()
}

func usageValues(records []meter.Record) (values []any, err error) {
	for i := range records {
		row, err := usageRow(&records[i])
		if err != nil {
			return nil, err
		}
		values = append(values, row...)
	}
	return values, nil
}

func usageRow(r *meter.Record) ([]any, error) {
	metadata := "{}"
	if len(r.Metadata) > 0 {
		document, err := json.Marshal(r.Metadata)
		if err != nil {
			return nil, err
		}
		metadata = string(document)
	}
	return []any{
		r.RequestID, r.Time.UnixMicro(), r.Account, r.Principal, r.Operation, r.Model, r.Provider, r.Profile, r.ServiceTier, r.Status, r.Error,
		r.InputTokens, r.OutputTokens, r.CacheReadTokens, r.CacheWriteTokens, r.Images, r.Embeddings, r.GuardrailUnits,
		r.FirstToken.Microseconds(), r.Total.Microseconds(), r.Cost, metadata,
	}, nil
}
