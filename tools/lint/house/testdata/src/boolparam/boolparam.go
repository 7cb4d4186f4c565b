// Package boolparam is a test.
package boolparam

import (
	"fmt"
	"net/smtp"
)

func Exported(on bool)                  {} // want `Exported has a boolean parameter`
func Two(name string, on, off bool)     {} // want `Two has a boolean parameter`
func Many(all ...bool)                  {} // want `Many has a boolean parameter`
func Alias(on alias)                    {} // want `Alias has a boolean parameter`
func Result() (on bool)                 { return }
func Callback(yield func(on bool) bool) {}
func Named(mode Mode)                   {}
func Pointer(on *bool)                  {}
func unexported(on bool)                {}

type alias = bool

type Mode bool

type Public struct{ On bool }

func (*Public) Method(on bool) {} // want `Method has a boolean parameter`
func (*Public) method(on bool) {}

type private struct{}

func (private) Method(on bool) {}

type Interface interface {
	Method(on bool) // want `Interface.Method has a boolean parameter`
	method(on bool)
	fmt.Stringer
}

//house:allow boolparam the name says what true means
func Enable(on bool) {}

func Disable(off bool) {} //house:allow boolparam the name says what true means

//house:allow boolparam there is nothing here // want `nothing here breaks the rule boolparam`
func Quiet() {}

// Auth implements smtp.Auth, whose Next has a boolean parameter.
type Auth struct{}

func (*Auth) Start(*smtp.ServerInfo) (string, []byte, error)     { return "", nil, nil }
func (*Auth) Next(fromServer []byte, more bool) ([]byte, error)  { return nil, nil }
func (*Auth) Other(fromServer []byte, more bool) ([]byte, error) { return nil, nil } // want `Other has a boolean parameter`

// Half does not implement it.
type Half struct{}

func (Half) Next(fromServer []byte, more bool) ([]byte, error) { return nil, nil } // want `Next has a boolean parameter`
