package meter

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amounts of money are billionths of a dollar. They are read, added up and written
// without fractions: no cent is made or lost by rounding on the way.

// fraction is how many digits a dollar has behind its point.
const fraction = 9

// errDollars is what is wrong with an amount that is none.
var errDollars = errors.New("write dollars as 12.50 or 0.00025, with at most 9 digits behind the point")

// ParseDollars reads an amount as 0.00025, from 0 to some billion dollars.
func ParseDollars(text string) (int64, error) {
	whole, rest, _ := strings.Cut(text, ".")
	if whole+rest == "" || len(rest) > fraction || len(whole) > 9 || strings.Trim(whole+rest, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no amount: %w", text, errDollars)
	}
	return strconv.ParseInt(whole+rest+strings.Repeat("0", fraction-len(rest)), 10, 64)
}

// FormatDollars writes an amount, with two digits behind the point or as many as it
// needs.
func FormatDollars(amount int64) string {
	sign := ""
	if amount < 0 {
		sign = "-"
	}
	digits := fmt.Sprintf("%0*d", fraction+1, uint64(max(amount, -amount)))
	point := len(digits) - fraction
	rest := strings.TrimRight(digits[point:], "0")
	return sign + digits[:point] + "." + rest + strings.Repeat("0", max(2-len(rest), 0))
}

// product sums up amounts that are greater than one word holds.
type product struct{ high, low uint64 }

func (p *product) add(count, rate int64) {
	if count <= 0 || rate <= 0 {
		return
	}
	high, low := bits.Mul64(uint64(count), uint64(rate))
	var carry uint64
	p.low, carry = bits.Add64(p.low, low, 0)
	p.high, _ = bits.Add64(p.high, high, carry)
}

// over gives the sum divided by n, rounded half up. It stays at the greatest amount
// where it would be greater.
func (p product) over(n uint64) int64 {
	low, carry := bits.Add64(p.low, n/2, 0)
	high := p.high + carry
	if high >= n {
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(high, low, n)
	return int64(min(quotient, math.MaxInt64))
}
