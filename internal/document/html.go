package document

import (
	"bytes"
	"context"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// htmlReader reads html: what a person sees of a page, block under block. It
// works on tokens, so that nesting costs nothing.
type htmlReader struct{}

// maxToken bounds one tag or one piece of text of a page.
const maxToken = 1 << 20

// Read implements Reader.
func (htmlReader) Read(_ context.Context, data []byte, out *Output) error {
	encoding, _, _ := charset.DetermineEncoding(data[:min(len(data), 1024)], "text/html")
	tokens := html.NewTokenizer(encoding.NewDecoder().Reader(bytes.NewReader(data)))
	tokens.SetMaxBuf(maxToken)
	page := htmlPage{out: out}
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if err := tokens.Err(); err != io.EOF {
				return err
			}
			return page.err
		}
		page.token(kind, tokens)
		if page.err != nil {
			return page.err
		}
	}
}

// htmlPage is the page so far.
type htmlPage struct {
	out *Output
	err error
	// hidden is the element whose content nobody sees, verbatim counts those
	// whose white space counts.
	hidden   atom.Atom
	verbatim int
	// gap is the white space that comes before the next text.
	gap     string
	started bool
}

func (p *htmlPage) token(kind html.TokenType, tokens *html.Tokenizer) {
	switch kind {
	case html.TextToken:
		if p.hidden == 0 {
			p.text(html.UnescapeString(string(tokens.Raw())))
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, _ := tokens.TagName()
		p.start(atom.Lookup(name), kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		name, _ := tokens.TagName()
		p.end(atom.Lookup(name))
	}
}

func (p *htmlPage) start(tag atom.Atom, closed bool) {
	switch tag {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Svg:
		if !closed && p.hidden == 0 {
			p.hidden = tag
		}
	case atom.Pre, atom.Textarea:
		p.verbatim++
	}
	p.space(gapAt(tag))
}

func (p *htmlPage) end(tag atom.Atom) {
	switch {
	case tag == p.hidden:
		p.hidden = 0
	case (tag == atom.Pre || tag == atom.Textarea) && p.verbatim > 0:
		p.verbatim--
	}
	if tag != atom.Br && tag != atom.Li && tag != atom.Td && tag != atom.Th {
		p.space(gapAt(tag))
	}
}

// gapAt is the white space that a tag stands for.
func gapAt(tag atom.Atom) string {
	switch tag {
	case atom.Td, atom.Th:
		return "\t"
	case atom.Br, atom.Li, atom.Tr, atom.Dt, atom.Dd, atom.Option:
		return "\n"
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Nav, atom.Main, atom.Aside,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Caption,
		atom.Pre, atom.Blockquote, atom.Figure, atom.Figcaption, atom.Hr, atom.Title, atom.Form, atom.Fieldset, atom.Address:
		return "\n\n"
	}
	return ""
}

// space widens the gap: a line's end outweighs a tabulator, which outweighs a
// space.
func (p *htmlPage) space(gap string) {
	if len(gap) > len(p.gap) || gap == "\n" && !strings.Contains(p.gap, "\n") || gap == "\t" && p.gap == " " {
		p.gap = gap
	}
}

func (p *htmlPage) text(text string) {
	if p.verbatim > 0 {
		p.write(text)
		return
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		p.space(" "[:min(1, len(text))])
		return
	}
	if strings.TrimLeft(text, " \t\r\n\f") != text {
		p.space(" ")
	}
	p.write(strings.Join(words, " "))
	if strings.TrimRight(text, " \t\r\n\f") != text {
		p.space(" ")
	}
}

func (p *htmlPage) write(text string) {
	if text == "" {
		return
	}
	if p.started {
		text = p.gap + text
	}
	p.started, p.gap = true, ""
	p.err = p.out.Write(text)
}
