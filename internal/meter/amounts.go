package meter

import (
	"context"
	"sync"
)

// maxAmounts bounds the keys that are remembered.
const maxAmounts = 100_000

// MemoryAmounts is an Amounts in the memory of one process.
type MemoryAmounts struct {
	seed func(ctx context.Context, key string, w Window) (int64, error)

	mu      sync.Mutex
	amounts map[amountKey]*amount
}

type amountKey struct {
	key        string
	start, end int64
}

type amount struct {
	// mu is held while it is asked what was spent before.
	mu     sync.Mutex
	seeded bool
	total  int64
}

// NewMemoryAmounts makes an Amounts. Of a key that it does not know it asks seed
// what was spent before: after a start, or when there were too many keys to remember
// them all. A nil seed knows of nothing.
func NewMemoryAmounts(seed func(ctx context.Context, key string, w Window) (int64, error)) *MemoryAmounts {
	return &MemoryAmounts{seed: seed, amounts: map[amountKey]*amount{}}
}

// Add implements [Amounts]. The error is that of seed.
func (m *MemoryAmounts) Add(ctx context.Context, key string, w Window, more int64) (int64, error) {
	a := m.amount(amountKey{key, w.Start.Unix(), w.End.Unix()})
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.seeded && m.seed != nil {
		before, err := m.seed(ctx, key, w)
		if err != nil {
			return 0, err
		}
		a.total += before
	}
	a.seeded = true
	a.total += more
	return a.total, nil
}

func (m *MemoryAmounts) amount(key amountKey) *amount {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.amounts[key]
	if a == nil {
		m.forget(key.start)
		a = new(amount)
		m.amounts[key] = a
	}
	return a
}

// forget makes room: windows that have ended go first, and then any.
func (m *MemoryAmounts) forget(now int64) {
	if len(m.amounts) < maxAmounts {
		return
	}
	for key := range m.amounts {
		if key.end <= now {
			delete(m.amounts, key)
		}
	}
	for key := range m.amounts {
		if len(m.amounts) < maxAmounts {
			return
		}
		delete(m.amounts, key)
	}
}
