package pdf

import "fmt"

// maxPages bounds the pages of a file.
const maxPages = 20000

// page is what the reading of a page needs of it.
type page struct {
	contents  any
	resources dict
}

// Pages gives the text of each page to a function, in order, and stops at its
// error. The other errors are those of Open.
func (f *File) Pages(each func(text string) error) error {
	root, _ := f.resolve(f.root).(dict)
	w := walk{seen: map[ref]bool{}}
	if err := f.walk(root["Pages"], nil, 0, &w); err != nil {
		return err
	}
	for _, one := range w.pages {
		text, err := f.text(one)
		if err != nil {
			return err
		}
		if err := each(text); err != nil {
			return err
		}
	}
	return nil
}

// walk is the way through the page tree so far.
type walk struct {
	pages []page
	seen  map[ref]bool
}

// walk collects the pages below a node. A node that comes twice is passed over.
func (f *File) walk(node any, inherited dict, depth int, w *walk) error {
	if id, ok := node.(ref); ok {
		if w.seen[id] {
			return nil
		}
		w.seen[id] = true
	}
	d, ok := f.resolve(node).(dict)
	if !ok {
		return nil
	}
	if depth > maxDepth {
		return errDeep
	}
	resources := inherited
	if own := f.dictOf(d["Resources"]); own != nil {
		resources = own
	}
	kids, ok := f.resolve(d["Kids"]).(array)
	if !ok {
		if len(w.pages) == maxPages {
			return fmt.Errorf("%w: more than %d pages", ErrTooLarge, maxPages)
		}
		w.pages = append(w.pages, page{d["Contents"], resources})
		return nil
	}
	for _, kid := range kids {
		if err := f.walk(kid, resources, depth+1, w); err != nil {
			return err
		}
	}
	return nil
}

// text reads a page. Contents that cannot be decoded are passed over, as images
// are.
func (f *File) text(p page) (string, error) {
	r := newRun(f)
	var contents []byte
	for _, part := range f.list(p.contents) {
		s, ok := f.resolve(part).(*stream)
		if !ok {
			continue
		}
		data, err := f.decode(s)
		if isFatal(err) {
			return "", err
		}
		contents = append(append(contents, data...), '\n')
	}
	if err := r.interpret(contents, p.resources, 0); err != nil {
		return "", err
	}
	return r.out.String(), nil
}
