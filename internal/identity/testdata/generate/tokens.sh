#!/bin/sh
# Makes ../tokens-js.txt and ../tokens-python.txt anew: installs the generators into a
# folder of its own, or the one that is named, and runs them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${1:-$(mktemp -d)}
mkdir -p "$home/js"
npm install --prefix "$home/js" --no-audit --no-fund @aws/bedrock-token-generator@1.1.0 >&2
cp "$here/tokens.mjs" "$home/js/"
node "$home/js/tokens.mjs" >"$here/../tokens-js.txt"

[ -d "$home/py" ] || python3 -m venv "$home/py"
"$home/py/bin/python" -m pip install --disable-pip-version-check --quiet aws-bedrock-token-generator==1.1.0 >&2
"$home/py/bin/python" "$here/tokens.py" >"$here/../tokens-python.txt"
