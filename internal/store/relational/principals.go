package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/store"
)

// Revision implements [store.Principals].
func (db *DB) Revision(ctx context.Context) (revision int64, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT revision FROM revision`).Scan(&revision)
	return revision, err
}

// Snapshot implements [store.Principals].
func (db *DB) Snapshot(ctx context.Context) (s iam.Snapshot, err error) {
	// One statement sees one state; the revision is the first of its rows.
	rows, err := db.read.QueryContext(ctx, `
		SELECT '' AS kind, '' AS account, '' AS name, CAST(revision AS TEXT) AS document FROM revision
		UNION ALL SELECT kind, account, name, document FROM entities
		ORDER BY kind, account, name`)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var kind iam.Kind
		var account, name string
		var document []byte
		if err := rows.Scan(&kind, &account, &name, &document); err != nil {
			return s, err
		}
		if kind == "" {
			err = json.Unmarshal(document, &s.Revision)
		} else {
			err = s.Add(kind, document)
		}
		if err != nil {
			return s, fmt.Errorf("read %s: %w", iam.Ref{Kind: kind, Account: account, Name: name}, err)
		}
	}
	return s, rows.Err()
}

// Apply implements [store.Principals].
func (db *DB) Apply(ctx context.Context, revision int64, changes ...store.Change) error {
	return db.change(ctx, func(tx *sql.Tx) error {
		n, err := affected(ctx, tx, `UPDATE revision SET revision = revision + 1 WHERE revision = $1`, revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return store.ErrConflict
		}
		for _, c := range changes {
			if err := apply(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// clearAccount deletes what callers made in an account.
func clearAccount(ctx context.Context, tx *sql.Tx, account string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM profiles WHERE account = $1`, account); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM settings WHERE name LIKE $1`, "%/"+account)
	return err
}

func apply(ctx context.Context, tx *sql.Tx, c store.Change) error {
	if c.Delete != nil {
		_, err := tx.ExecContext(ctx, `DELETE FROM entities WHERE kind = $1 AND account = $2 AND name = $3`,
			c.Delete.Kind, c.Delete.Account, c.Delete.Name)
		if err == nil && c.Delete.Kind == iam.KindAccount {
			err = clearAccount(ctx, tx, c.Delete.Account)
		}
		return err
	}
	document, err := json.Marshal(c.Put)
	if err != nil {
		return err
	}
	ref := c.Put.Ref()
	_, err = tx.ExecContext(ctx, `
		INSERT INTO entities (kind, account, name, document) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, account, name) DO UPDATE SET document = excluded.document`,
		ref.Kind, ref.Account, ref.Name, string(document))
	return err
}
