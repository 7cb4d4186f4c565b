#!/bin/sh
# Captures ../sdks.json anew: installs the SDKs into a folder of its own, or the one
# that is named, and has each send its requests. Needed: Go, Node.js, Python, a JDK
# and Maven.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${1:-$(mktemp -d)}
mkdir -p "$home/js" "$home/java"

npm install --prefix "$home/js" --no-audit --no-fund @aws-sdk/client-bedrock-runtime@3.1164.0 >&2
cp "$here/client.mjs" "$home/js/"
[ -d "$home/py" ] || python3 -m venv "$home/py"
"$home/py/bin/python" -m pip install --disable-pip-version-check --quiet boto3==1.44.8 >&2
cp "$here/pom.xml" "$home/java/"
mvn --batch-mode --quiet --no-transfer-progress --file "$home/java" dependency:copy-dependencies >&2

cd "$here"
go run . \
	node "$home/js/client.mjs" -- \
	"$home/py/bin/python" client.py -- \
	java -Dfile.encoding=UTF-8 -cp "$home/java/target/dependency/*" Client.java >"$home/sdks.json"
mv "$home/sdks.json" ../sdks.json
