// Package catalog says what a model id means: which foundation model it names,
// in any of the forms that the service accepts, what that model can do, and
// which provider answers for it under which name.
package catalog
