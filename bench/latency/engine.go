package main

import (
	"context"
	"errors"
)

func measureEngine(ctx context.Context, o options, dir string) error {
	return errors.New("not yet")
}
