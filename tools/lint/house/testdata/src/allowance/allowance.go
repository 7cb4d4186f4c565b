// Package allowance is a test.
package allowance

//house:allow noinit // want `the allowance of noinit gives no reason`
func init() {}

//house:allow everything for once // want `there is no rule "everything"`
var X = 1
