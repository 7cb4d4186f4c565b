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
	from := c.Objects.S3
	if from == nil {
		return folder.New(cmp.Or(c.Objects.Folder, filepath.Join(dataDir, "objects"))), io.NopCloser(nil), nil
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
		return nil, nil, c.Problem("objects.s3", err.Error(), "give region and profile as ~/.aws/config has them, or accessKeyId and its secret")
	}
	return store, store, nil
}
