#!/bin/sh
# Installs what the tests with the AWS SDKs for JavaScript, Python and Java and with
# the frameworks need, each inside its folder. What is installed and up to date stays
# as it is.
set -eu
cd "$(dirname "$0")"

# A copy of what was installed from is the mark that an installation is complete.
for home in sdk-js frameworks-js; do
	if ! cmp -s $home/package-lock.json $home/node_modules/.installed; then
		npm ci --prefix $home --no-audit --no-fund
		cp $home/package-lock.json $home/node_modules/.installed
	fi
done

for home in sdk-python frameworks-python; do
	if ! cmp -s $home/requirements.txt $home/.venv/.installed; then
		rm -rf $home/.venv
		python3 -m venv $home/.venv
		$home/.venv/bin/python -m pip install --disable-pip-version-check --quiet --requirement $home/requirements.txt
		cp $home/requirements.txt $home/.venv/.installed
	fi
done

# A run of no test fetches all that a run of tests needs.
if ! command -v mvn >/dev/null; then
	echo "tests/install.sh: without a JDK and Maven, the tests with the AWS SDK for Java cannot run" >&2
elif ! cmp -s sdk-java/pom.xml sdk-java/.m2/.installed; then
	mvn --batch-mode --quiet --no-transfer-progress --file sdk-java -Dmaven.repo.local="$PWD/sdk-java/.m2" \
		-Dtest=none -Dsurefire.failIfNoSpecifiedTests=false test
	cp sdk-java/pom.xml sdk-java/.m2/.installed
fi

# An authority that gives certificates, for the test of ACME.
pebble=github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1
if [ "$(cat .tools/.pebble 2>/dev/null)" != $pebble ]; then
	GOBIN="$PWD/.tools" go install $pebble
	echo $pebble >.tools/.pebble
fi
