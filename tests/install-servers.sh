#!/bin/sh
# Puts PostgreSQL and Redis as Debian packages them into tests/.servers, for the
# tests that start them. Nothing is installed on the machine itself. A person on
# another system installs both in that system's way: the tests look on PATH too.
set -eu
cd "$(dirname "$0")"

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo "tests/install-servers.sh: this is no Debian; the tests use the postgres and redis-server on PATH, if there are any" >&2
	exit 0
fi

# The newest PostgreSQL that this Debian has, and what a Debian for development may
# lack of what the two need.
wanted() {
	apt-cache depends postgresql | sed -n 's/^ *Depends: \(postgresql-[0-9][0-9]*\)$/\1/p'
	echo libpq5 redis-server redis-tools libjemalloc2 liblzf1 libatomic1 liblua5.1-0
}

if [ -z "$(wanted | grep postgresql-)" ]; then
	apt-get update -qq
fi
packages=$(wanted)
mark=.servers/.installed
if [ "$(cat $mark 2>/dev/null)" = "$packages" ]; then
	exit 0
fi

rm -rf .servers
mkdir -p .servers/packages .servers/tree
cd .servers/packages
# The lists of a machine may be older than what its mirror still has.
if ! apt-get download -qq $packages 2>/dev/null; then
	apt-get update -qq
	apt-get download -qq $packages
fi
for package in *.deb; do
	dpkg-deb --extract "$package" ../tree
done
cd ..
rm -rf packages
cd ..
echo "$packages" >$mark
