package engine

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryStatus is MEMORYSTATUSEX (Windows API, sysinfoapi.h).
type memoryStatus struct {
	length, load                                    uint32
	totalPhysical, availablePhysical                uint64
	totalPageFile, availablePageFile                uint64
	totalVirtual, availableVirtual, availableExtend uint64
}

// availableMemory returns the bytes that this process and its children may still take, and
// whether that is known.
func availableMemory() (int64, bool) {
	status := memoryStatus{}
	status.length = uint32(unsafe.Sizeof(status))
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	if ok, _, _ := call.Call(uintptr(unsafe.Pointer(&status))); ok == 0 {
		return 0, false
	}
	return int64(status.availablePhysical), true
}
