package boolparam

func Check(on bool) {}
