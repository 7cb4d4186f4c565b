package relational

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/saprolite/saprolite/internal/store"
)

// CreateProfile implements [store.Profiles].
func (db *DB) CreateProfile(ctx context.Context, p store.Profile) error {
	document, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return db.change(ctx, func(tx *sql.Tx) error {
		n, err := affected(ctx, tx, `
			INSERT INTO profiles (account, id, name, document) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, p.Account, p.ID, unique(&p), string(document))
		if err == nil && n == 0 {
			return store.ErrExists
		}
		return err
	})
}

// unique is what the column of the name has: names are told apart by region.
func unique(p *store.Profile) string { return within(p.Region) + p.Name }

// within is how the names of a region begin.
func within(region string) string { return region + "/" }

// Profile implements [store.Profiles].
func (db *DB) Profile(ctx context.Context, account, id string) (store.Profile, error) {
	return profile(ctx, db.read, account, id)
}

func profile(ctx context.Context, q querier, account, id string) (store.Profile, error) {
	found, err := query(ctx, q, scanProfile, `SELECT document FROM profiles WHERE account = $1 AND id = $2`, account, id)
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Profile{}, err
	}
	return found[0], nil
}

// Profiles implements [store.Profiles].
func (db *DB) Profiles(ctx context.Context, account, region string, limit int) ([]store.Profile, error) {
	names := ""
	if region != "" {
		names = within(region)
	}
	return query(ctx, db.read, scanProfile, `
		SELECT document FROM profiles WHERE account = $1 AND substr(name, 1, length(CAST($2 AS TEXT))) = $2
		ORDER BY id LIMIT $3`, account, names, limit)
}

// UpdateProfile implements [store.Profiles].
func (db *DB) UpdateProfile(ctx context.Context, account, id string, change func(*store.Profile) error) error {
	return db.change(ctx, func(tx *sql.Tx) error {
		// The statement locks the row, as SELECT FOR UPDATE does in one of the two.
		if _, err := tx.ExecContext(ctx, `UPDATE profiles SET name = name WHERE account = $1 AND id = $2`, account, id); err != nil {
			return err
		}
		p, err := profile(ctx, tx, account, id)
		if err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		document, err := json.Marshal(p)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE profiles SET name = $3, document = $4 WHERE account = $1 AND id = $2`,
			account, id, unique(&p), string(document))
		return err
	})
}

// DeleteProfile implements [store.Profiles].
func (db *DB) DeleteProfile(ctx context.Context, account, id string) error {
	return db.change(ctx, func(tx *sql.Tx) error {
		n, err := affected(ctx, tx, `DELETE FROM profiles WHERE account = $1 AND id = $2`, account, id)
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		return err
	})
}

func scanProfile(rows *sql.Rows, p *store.Profile) error {
	var document []byte
	if err := rows.Scan(&document); err != nil {
		return err
	}
	return json.Unmarshal(document, p)
}
