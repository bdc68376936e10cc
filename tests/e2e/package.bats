#!/usr/bin/env bats
# shellcheck disable=SC2154 # work, top: lib.bash
# make deb: what is in the package, and that it runs.

bats_require_minimum_version 1.5.0
load lib

setup() { begin; }
teardown() { end; }

@test "make deb: every program, with a page of the manual, owned by root" {
	mkdir "$work/deb"
	(cd "$top" && VERSION=9.9 .ci/deb build make "$work/deb") >/dev/null
	deb=$(echo "$work"/deb/quorate_9.9_*.deb)
	dpkg-deb --fsys-tarfile "$deb" | tar -t >names
	for p in quorate quorate-{token,scan,host,relay,image,enclave}; do
		grep -qx "./usr/bin/$p" names
	done
	# simulated and example programs stay at home
	run -1 grep -E 'sim|hello' names
	for p in quorate.1 quorate-{token,relay,image}.1 \
		quorate-{host,enclave}.8; do
		grep -qx "./usr/share/man/man${p##*.}/$p.gz" names
	done
	dpkg-deb --fsys-tarfile "$deb" | tar -tv --numeric-owner |
		awk '$2 != "0/0" || $4 != "1970-01-01" { exit 1 }'
	dpkg-deb -x "$deb" root
	dpkg-deb -e "$deb" control
	(cd root && md5sum --quiet -c ../control/md5sums)
	dpkg-deb -f "$deb" Depends | grep -q 'libssl3.*libykpiv2'
	dpkg-deb -f "$deb" Maintainer | grep -qx 'Quorate developers'
	root/usr/bin/quorate-image --help | grep -q 'enclave images'
}

@test "make deb: its version is the programs' own" {
	mkdir "$work/deb"
	(cd "$top" && .ci/deb build make "$work/deb") >/dev/null
	version=$("$top/build/quorate" version)
	[ "$(dpkg-deb -f "$work"/deb/*.deb Version)" = "${version#quorate }" ]
	[ "$("$top/build/quorate-host" --version)" = "${version#quorate }" ]
}
