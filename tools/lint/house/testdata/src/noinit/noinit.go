// Package noinit is a test.
package noinit

func init() {} // want `func init: make a constructor`

//house:allow noinit the test needs it
func init() {}

type T struct{}

func (T) init() {}
