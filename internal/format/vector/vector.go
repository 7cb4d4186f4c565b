// Package vector makes of a model's own vector the one that a request asks for: of
// another number of dimensions, or of numbers of fewer bits.
//
// What it keeps, and what it does not, is written down in
// docs/adr/0012-embeddings.md.
package vector

import "math"

// Fit gives a vector of so many dimensions.
//
// More than the model has are zeros: lengths, dot products, cosines and distances
// stay exactly what they were. Of fewer, the first are kept, at the length of the
// whole: right for models that were trained for it, near for others.
func Fit(v []float32, dimensions int) []float32 {
	fitted := make([]float32, dimensions)
	copy(fitted, v)
	if dimensions >= len(v) {
		return fitted
	}
	if rest := length(fitted); rest > 0 {
		scale(fitted, length(v)/rest)
	}
	return fitted
}

// Normalize gives a vector of length 1, the same one if its length is within the
// tolerance of 1 already. One without direction stays as it is.
func Normalize(v []float32, tolerance float64) []float32 {
	size := length(v)
	if size == 0 || math.Abs(size-1) <= tolerance {
		return v
	}
	unit := make([]float32, len(v))
	copy(unit, v)
	scale(unit, 1/size)
	return unit
}

func scale(v []float32, by float64) {
	for i, x := range v {
		v[i] = float32(float64(x) * by)
	}
}

func length(v []float32) float64 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
}

// Int8 gives a vector in whole numbers from -127 to 127. The scale is the same for
// all vectors of a model, so that their dot products can be compared: one dimension
// of a vector of length 1 is near 1/sqrt(dimensions), and four times that is the
// most that is told. meaningful is the number of dimensions before Fit added zeros.
func Int8(v []float32, meaningful int) []int8 {
	const widths = 4
	by := 127 * math.Sqrt(float64(max(1, meaningful))) / widths
	whole := make([]int8, len(v))
	for i, x := range v {
		whole[i] = int8(math.Round(min(127, max(-127, float64(x)*by))))
	}
	return whole
}

// Uint8 is Int8 moved up by 128.
func Uint8(v []float32, meaningful int) []uint8 {
	moved := make([]uint8, len(v))
	for i, x := range Int8(v, meaningful) {
		moved[i] = uint8(int(x) + 128)
	}
	return moved
}

// Signs gives 1 for each dimension above zero, and 0 for the others.
func Signs(v []float32) []uint8 {
	signs := make([]uint8, len(v))
	for i, x := range v {
		if x > 0 {
			signs[i] = 1
		}
	}
	return signs
}

// Ubinary packs signs, eight to a byte, the first one highest.
func Ubinary(v []float32) []uint8 {
	packed := make([]uint8, (len(v)+7)/8)
	for i, sign := range Signs(v) {
		packed[i/8] |= sign << (7 - i%8)
	}
	return packed
}

// Binary is Ubinary moved down by 128, as Cohere has it.
func Binary(v []float32) []int8 {
	packed := Ubinary(v)
	moved := make([]int8, len(packed))
	for i, x := range packed {
		moved[i] = int8(int(x) - 128)
	}
	return moved
}
