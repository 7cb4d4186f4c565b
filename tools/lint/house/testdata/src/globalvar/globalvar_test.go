package globalvar

var ofTest int

func test() {
	ofTest = 1
	names = nil // want `names changes here`
}
