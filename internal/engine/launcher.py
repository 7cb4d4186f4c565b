# Runs llama.cpp's HTTP server from the package xllamacpp. The argument is a JSON object: where the
# package and the weights are, those of a multimodal projector or nothing, and parameters of the
# server by their names.
import ctypes
import json
import os
import sys
import threading


def end_with_parent():
    # The parent holds the other end: it ends when the parent does, however that happens.
    while os.read(0, 4096):
        pass
    os._exit(0)


def write_log_out():
    # The engine logs from a thread of its own, which an exit does not wait for. The package has
    # no call for that, but exports the engine's own on systems whose compilers name it so.
    try:
        library = ctypes.CDLL(xllamacpp.xllamacpp.__file__)
        log, flush = library._Z15common_log_mainv, library._Z16common_log_flushP10common_log
    except (AttributeError, OSError):
        return
    log.restype, flush.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    flush(log())


threading.Thread(target=end_with_parent, daemon=True).start()
options = json.loads(sys.argv[1])
sys.path.insert(0, options["package"])

import xllamacpp  # noqa: E402

params = xllamacpp.CommonParams()
params.model.path = options["model"]
if options["projector"]:
    params.mmproj.path = options["projector"]
params.cpuparams.n_threads = options["threads"]
params.cpuparams_batch.n_threads = options["threads"]
for name, value in options["params"].items():
    setattr(params, name, value)
key = os.environ.pop("LLAMA_API_KEY", "")
if key:
    params.api_keys = [key]
try:
    server = xllamacpp.Server(params)
except Exception as error:
    write_log_out()
    print(error, file=sys.stderr, flush=True)
    # Without the interpreter's farewell, which would wait for the thread above.
    os._exit(1)
threading.Event().wait()
