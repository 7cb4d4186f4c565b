package app

import (
	"cmp"
	"io"
	"path/filepath"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/objectstore/s3"
)

// newObjects makes the store of objects that the configuration asks for, and gives
// what closes it.
func newObjects(c *config.Config, dataDir string) (objectstore.Store, io.Closer, error) {
	where := cmp.Or(c.Objects.Folder, filepath.Join(dataDir, "objects"))
	return newObjectStore(c, "objects", where, c.Objects.S3)
}

// newObjectStore makes the store that the configuration asks for at a key.
func newObjectStore(c *config.Config, key, where string, from *config.S3) (objectstore.Store, io.Closer, error) {
	if from == nil {
		return folder.New(where), io.NopCloser(nil), nil
	}
	store, err := s3.New(s3.Options{
		Endpoint:        from.Endpoint,
		Region:          from.Region,
		Profile:         from.Profile,
		PathStyle:       from.PathStyle,
		AccessKeyID:     from.AccessKeyID,
		SecretAccessKey: string(from.SecretAccessKey),
	})
	if err != nil {
		return nil, nil, c.Problem(key+".s3", err.Error(), "give region and profile as ~/.aws/config has them, or accessKeyId and its secret")
	}
	return store, store, nil
}
