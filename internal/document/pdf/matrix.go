package pdf

import "math"

// matrix is an affine map, as pdf writes it.
type matrix [6]float64

func identity() matrix { return matrix{1, 0, 0, 1, 0, 0} }

func shift(x, y float64) matrix { return matrix{1, 0, 0, 1, x, y} }

// times gives the map that does m first and then n.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// height is the length of what was the upright unit vector.
func (m matrix) height() float64 { return math.Hypot(m[2], m[3]) }
