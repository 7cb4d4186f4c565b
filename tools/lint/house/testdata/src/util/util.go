// Package util is a test.
package util // want `package util: name it after the concept`
