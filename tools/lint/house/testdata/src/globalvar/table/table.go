// Package table is what another package changes.
package table

var Table = map[string]int{}
