package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/saprolite/saprolite/internal/store"
)

// Setting implements [store.Settings].
func (db *DB) Setting(ctx context.Context, name string) (json.RawMessage, error) {
	var document []byte
	err := db.read.QueryRowContext(ctx, `SELECT document FROM settings WHERE name = $1`, name).Scan(&document)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, store.ErrNotFound
	}
	return document, err
}

// PutSetting implements [store.Settings].
func (db *DB) PutSetting(ctx context.Context, name string, document json.RawMessage) error {
	_, err := db.write.ExecContext(ctx, `
		INSERT INTO settings (name, document) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET document = excluded.document`, name, string(document))
	return err
}

// DeleteSetting implements [store.Settings].
func (db *DB) DeleteSetting(ctx context.Context, name string) error {
	_, err := db.write.ExecContext(ctx, `DELETE FROM settings WHERE name = $1`, name)
	return err
}
