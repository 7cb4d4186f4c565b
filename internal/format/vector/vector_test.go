package vector_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/format/vector"
)

// unit makes a random vector of length 1.
func unit(r *rand.Rand, dimensions int) []float32 {
	v := make([]float32, dimensions)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return vector.Normalize(v, 0)
}

func dot[A, B int8 | float32](a []A, b []B) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// More dimensions change nothing that is measured, to the last bit.
func TestMoreDimensions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		a, b := unit(r, 384), unit(r, 384)
		wideA, wideB := vector.Fit(a, 1024), vector.Fit(b, 1024)
		if len(wideA) != 1024 || dot(a, b) != dot(wideA, wideB) || dot(a, a) != dot(wideA, wideA) {
			t.Fatal("the dot product or the length is another one")
		}
	}
}

// Fewer keep the length, and are the first ones.
func TestFewerDimensions(t *testing.T) {
	v := vector.Fit([]float32{3, 4, 12}, 2)
	if diff := cmp.Diff([]float32{3 * 13. / 5, 4 * 13. / 5}, v); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{0, 0}, vector.Fit([]float32{0, 0, 1}, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestNormalize(t *testing.T) {
	for _, test := range []struct {
		v, want   []float32
		tolerance float64
	}{
		{[]float32{3, 4}, []float32{0.6, 0.8}, 0},
		{[]float32{0, 0}, []float32{0, 0}, 0},
		{[]float32{0, 1.004}, []float32{0, 1.004}, 0.01},
		{[]float32{0, 1.004}, []float32{0, 1}, 0.001},
	} {
		before := cmp.Diff(test.v, test.v)
		if diff := cmp.Diff(test.want, vector.Normalize(test.v, test.tolerance)); diff != "" || before != "" {
			t.Errorf("%v within %v: %s", test.v, test.tolerance, diff)
		}
	}
}

func TestWholeNumbers(t *testing.T) {
	v := []float32{1, -1, 0, 0.5, -0.5, 0.25, 0, 0, 0, 1}
	for name, test := range map[string][2]any{
		"int8":    {vector.Int8(v, 4), []int8{64, -64, 0, 32, -32, 16, 0, 0, 0, 64}},
		"clipped": {vector.Int8([]float32{9, -9}, 4), []int8{127, -127}},
		"uint8":   {vector.Uint8(v, 4), []uint8{192, 64, 128, 160, 96, 144, 128, 128, 128, 192}},
		"signs":   {vector.Signs(v), []uint8{1, 0, 0, 1, 0, 1, 0, 0, 0, 1}},
		"ubinary": {vector.Ubinary(v), []uint8{0b10010100, 0b01000000}},
		"binary":  {vector.Binary(v), []int8{0b10010100 - 128, 0b01000000 - 128}},
	} {
		if diff := cmp.Diff(test[1], test[0]); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// In whole numbers a cosine stays what it was within a hundredth, zeros or not.
func TestInt8Cosine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		a, b := unit(r, 384), unit(r, 384)
		for i := range b {
			b[i] = (a[i] + b[i]) / 2
		}
		b = vector.Normalize(b, 0)
		x, y := vector.Int8(vector.Fit(a, 1024), 384), vector.Int8(vector.Fit(b, 1024), 384)
		got, want := dot(x, y)/math.Sqrt(dot(x, x)*dot(y, y)), dot(a, b)
		if math.Abs(got-want) > 0.01 {
			t.Fatalf("the cosine is %v, and was %v", got, want)
		}
	}
}
