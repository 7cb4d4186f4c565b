package download

// Progress shows the user that something long is under way.
type Progress interface {
	// Start begins a task of total bytes, or of unknown length when total is negative.
	// Tasks may run concurrently.
	Start(label string, total int64) Task
}

// Task is one piece of work that Progress shows. One goroutine at a time uses it.
type Task interface {
	// Advance adds n bytes to what is done; n is negative when some must be fetched again.
	Advance(n int64)
	// Done ends the task; err is nil when it succeeded. Nothing is called after it.
	Done(err error)
}

// Silent is a Progress that shows nothing.
type Silent struct{}

// Start returns a task that shows nothing.
func (Silent) Start(string, int64) Task { return silentTask{} }

type silentTask struct{}

func (silentTask) Advance(int64) {}
func (silentTask) Done(error)    {}
