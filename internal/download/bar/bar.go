// Package bar shows downloads on a terminal as progress bars, and elsewhere as plain lines.
package bar

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/saprolite/saprolite/internal/download"
)

// New returns a Progress that writes to f: bars when f is a terminal, else lines.
func New(f *os.File) download.Progress {
	if term.IsTerminal(int(f.Fd())) {
		return terminal{f}
	}
	return &lines{out: f}
}

type terminal struct{ out io.Writer }

func (t terminal) Start(label string, total int64) download.Task {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(t.out),
		progressbar.OptionSetDescription(label),
		// Drawn at once, as what is under way may be silent until its end.
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionShowElapsedTimeOnFinish(),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionClearOnFinish(),
	}
	if total > 0 {
		options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionShowCount())
	}
	return &barTask{out: t.out, label: label, bar: progressbar.NewOptions64(total, options...)}
}

type barTask struct {
	out   io.Writer
	label string
	bar   *progressbar.ProgressBar
}

// A bar that cannot be drawn is no reason to stop what it shows, so its errors are dropped.
func (t *barTask) Advance(n int64) { _ = t.bar.Add64(n) }

func (t *barTask) Done(err error) {
	_ = t.bar.Finish() // which also clears it, and ends what turns a spinner
	fmt.Fprintln(t.out, outcome(t.label, err))
}

func outcome(label string, err error) string {
	if err != nil {
		return label + ": stopped"
	}
	return label + ": done"
}

// lines prints a line at the start of a task, at every tenth of it and at its end.
type lines struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *lines) print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, text)
}

func (l *lines) Start(label string, total int64) download.Task {
	if total > 0 {
		l.print(fmt.Sprintf("%s: %s", label, megabytes(total)))
	} else {
		l.print(label)
	}
	return &lineTask{lines: l, label: label, total: total}
}

type lineTask struct {
	lines       *lines
	label       string
	total, done int64
	tenth       int64 // last one printed
}

func (t *lineTask) Advance(n int64) {
	t.done += n
	if t.total <= 0 {
		return
	}
	if tenth := min(10*t.done/t.total, 10); tenth > t.tenth && tenth < 10 {
		t.tenth = tenth
		t.lines.print(fmt.Sprintf("%s: %d%%", t.label, 10*tenth))
	}
}

func (t *lineTask) Done(err error) { t.lines.print(outcome(t.label, err)) }

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
