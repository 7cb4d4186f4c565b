#!/bin/sh
# Installs what the tests with the AWS SDKs for JavaScript and Python need, each
# inside its folder. What is installed and up to date stays as it is.
set -eu
cd "$(dirname "$0")"

# A copy of what was installed from is the mark that an installation is complete.
if ! cmp -s sdk-js/package-lock.json sdk-js/node_modules/.installed; then
	npm ci --prefix sdk-js --no-audit --no-fund
	cp sdk-js/package-lock.json sdk-js/node_modules/.installed
fi

if ! cmp -s sdk-python/requirements.txt sdk-python/.venv/.installed; then
	rm -rf sdk-python/.venv
	python3 -m venv sdk-python/.venv
	sdk-python/.venv/bin/python -m pip install --disable-pip-version-check --quiet --requirement sdk-python/requirements.txt
	cp sdk-python/requirements.txt sdk-python/.venv/.installed
fi
