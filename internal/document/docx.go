package document

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// docxReader reads docx: the paragraphs and tables of the main story, with its
// foot- and endnotes.
type docxReader struct{}

// maxDepth bounds the nesting of elements.
const maxDepth = 256

// Read implements Reader.
func (docxReader) Read(ctx context.Context, data []byte, out *Output) error {
	archive, err := openPackage(ctx, data)
	if err != nil {
		return err
	}
	main, err := archive.Open("word/document.xml")
	if err != nil {
		return errors.New("no word/document.xml in the package")
	}
	defer main.Close()
	if err := readWordXML(main, out); err != nil {
		return err
	}
	for _, name := range []string{"word/footnotes.xml", "word/endnotes.xml"} {
		if err := readNotes(archive, name, out); err != nil {
			return err
		}
	}
	return nil
}

func readNotes(archive *zip.Reader, name string, out *Output) error {
	notes, err := archive.Open(name)
	if err != nil {
		return nil // most documents have none
	}
	defer notes.Close()
	return readWordXML(notes, out)
}

// readWordXML writes the text of one story. Deleted text is not in it, and
// neither are the instructions of fields, tabulator stops and the older twin of a drawing.
func readWordXML(r io.Reader, out *Output) error {
	tokens := xml.NewDecoder(r)
	var open []string
	skipped := 0
	for {
		token, err := tokens.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if len(open) == maxDepth {
				return fmt.Errorf("elements nested deeper than %d", maxDepth)
			}
			open = append(open, token.Name.Local)
			skipped += skips(token.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
			if skipped -= skips(token.Name.Local); skipped == 0 {
				err = out.Write(wordBreak(token.Name.Local, parent(open)))
			}
		case xml.CharData:
			if skipped == 0 && len(open) > 0 && open[len(open)-1] == "t" {
				err = out.Write(string(token))
			}
		}
		if err != nil {
			return err
		}
	}
}

// skips is 1 for an element whose text is none of the document's.
func skips(element string) int {
	switch element {
	case "del", "moveFrom", "instrText", "Fallback", "tabs":
		return 1
	}
	return 0
}

func parent(open []string) string {
	if len(open) == 0 {
		return ""
	}
	return open[len(open)-1]
}

// wordBreak is the white space that the end of an element stands for. A row of a
// table is a line.
func wordBreak(element, parent string) string {
	switch element {
	case "p":
		if parent == "tc" {
			return " "
		}
		return "\n"
	case "br", "cr", "tr":
		return "\n"
	case "tab", "tc":
		return "\t"
	}
	return ""
}
