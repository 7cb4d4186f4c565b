package openai

import (
	"errors"
	"io"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Models that were trained for tools, but whose form of a call their server does
// not know, leave the call in the text: an object {"name": ..., "arguments": {...}},
// bare or between the fences of a block of code. Qwen2.5-Coder does, seen with
// llama.cpp.

// spoken looks for the call of a tool in the text of an answer. Only a text that is
// such an object, naming a tool of the request, and nothing else, is one. It holds
// the text back while that can still be.
type spoken struct {
	// tools are the names of the request's tools; without any, text is text.
	tools map[string]bool
	held  string
	// over says that the text is no call.
	over bool
	// look is how long the text must be for another look at it.
	look int
}

const (
	// maxSpoken bounds a call in a text, in bytes.
	maxSpoken = 1 << 20
	// everyLook is the length up to which each piece is looked at. From then on a
	// look waits for an eighth more, so that all of them cost little.
	everyLook = 512
	fence     = "```"
	// maxLabel is more than the language behind a fence, which is json if anything.
	maxLabel = 16
)

// spokenCall is a call that was found in a text.
type spokenCall struct{ name, arguments string }

// newSpoken prepares for the answer to a request. A server that is held to a
// format, or to no calls, writes no calls.
func newSpoken(body Body) spoken {
	tools, _ := body["tools"].([]tool)
	s := spoken{over: len(tools) == 0 || body["response_format"] != nil || isNone(body["tool_choice"])}
	if s.over {
		return s
	}
	s.tools = make(map[string]bool, len(tools))
	for _, t := range tools {
		s.tools[t.Function.Name] = true
	}
	return s
}

// isNone says whether a tool_choice, as the request or additional fields have it,
// forbids calls.
func isNone(choice any) bool {
	switch choice := choice.(type) {
	case string:
		return choice == "none"
	case jsontext.Value:
		return string(choice) == `"none"`
	}
	return false
}

// next gives the part of the text that is no call.
func (s *spoken) next(piece string) string {
	if s.over {
		return piece
	}
	s.held += piece
	if len(s.held) < s.look {
		return ""
	}
	if s.look = len(s.held); s.look > everyLook {
		s.look += s.look / 8
	}
	if len(s.held) > maxSpoken || !s.possible() {
		return s.release()
	}
	return ""
}

// release gives up the search, and what was held back.
func (s *spoken) release() string {
	held := s.held
	s.over, s.held = true, ""
	return held
}

// end gives the call that the whole text was, or else what is held back of it.
func (s *spoken) end() (call *spokenCall, text string) {
	if s.held != "" {
		if call := s.whole(); call != nil {
			s.release()
			return call, ""
		}
	}
	return nil, s.release()
}

// object gives what follows the opening fence, if there is one, and whether there
// was one. It is empty while the fence is not whole.
func (s *spoken) object() (object string, fenced bool) {
	text := strings.TrimLeftFunc(s.held, unicode.IsSpace)
	rest, fenced := strings.CutPrefix(text, fence)
	if !fenced {
		if strings.HasPrefix(fence, text) {
			return "", false
		}
		return text, false
	}
	start := strings.IndexAny(rest, "\n{")
	if start < 0 && len(rest) < maxLabel {
		return "", true
	}
	label := strings.TrimSpace(rest[:max(start, 0)])
	if start < 0 || label != "" && !strings.EqualFold(label, "json") && label != "tool_call" {
		return "?", true // code in a language
	}
	return strings.TrimLeftFunc(rest[start:], unicode.IsSpace), true
}

// possible says whether the text, with more behind it, can be a call.
func (s *spoken) possible() bool {
	object, fenced := s.object()
	if object == "" {
		return true
	}
	if object[0] != '{' {
		return false
	}
	d := jsontext.NewDecoder(strings.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		return false
	}
	for {
		name, err := d.ReadToken()
		switch {
		case err != nil:
			return errors.Is(err, io.ErrUnexpectedEOF)
		case name.Kind() == '}':
			return couldEnd(object[d.InputOffset():], fenced)
		}
		member := name.String()
		value, err := d.ReadValue()
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF) && member == "arguments":
			rest := strings.TrimLeft(object[d.InputOffset():], " \t\r\n:")
			return rest == "" || rest[0] == '{'
		case errors.Is(err, io.ErrUnexpectedEOF) && member == "name":
			return true
		case err != nil, !s.fits(member, value):
			return false
		}
	}
}

// fits says whether a member is one of a call.
func (s *spoken) fits(member string, value jsontext.Value) bool {
	switch member {
	case "name":
		var name string
		return json.Unmarshal(value, &name) == nil && s.tools[name]
	case "arguments":
		return value.Kind() == '{'
	}
	return false
}

// couldEnd says whether a text behind the object can be the rest of a call.
func couldEnd(rest string, fenced bool) bool {
	rest = strings.TrimSpace(rest)
	return rest == "" || fenced && strings.HasPrefix(fence, rest)
}

// whole is the call that the text is, or nil.
func (s *spoken) whole() *spokenCall {
	object, fenced := s.object()
	object = strings.TrimRightFunc(object, unicode.IsSpace)
	if fenced {
		var closed bool
		if object, closed = strings.CutSuffix(object, fence); !closed {
			return nil
		}
	}
	var call struct {
		Name      string         `json:"name"`
		Arguments jsontext.Value `json:"arguments"`
	}
	err := json.Unmarshal([]byte(object), &call, json.RejectUnknownMembers(true))
	if err != nil || !s.tools[call.Name] || call.Arguments.Kind() != '{' {
		return nil
	}
	return &spokenCall{call.Name, string(call.Arguments)}
}
