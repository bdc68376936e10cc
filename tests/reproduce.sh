#!/bin/bash
# Builds the tree twice, in two folders whose names differ in length, with
# another user (where root runs this), umask, time zone, locale, number of
# jobs and date of the sources, and compares every program, library and
# .buildinfo byte for byte.
set -eu
cd "$(dirname "$0")/.."
MAKE=${MAKE:-make}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
one=$dir/a
two=$dir/another-folder/with.a.longer-name
mkdir -p "$one" "$two"
tar -c --exclude=./build --exclude=./.git . | tee >(tar -x -C "$one") |
	tar -x -C "$two"
find "$two" -type f -exec touch -d '2001-02-03 04:05:06' {} +

user=()
if [ "$(id -u)" -eq 0 ]; then
	chown -R nobody "$two"
	user=(setpriv --reuid nobody --regid nogroup --clear-groups)
fi

(
	umask 022
	cd "$one"
	TZ=UTC LC_ALL=C "$MAKE" -s -j1 all
) &
(
	umask 077
	cd "$two"
	HOME=/ TZ=Asia/Kathmandu LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1 \
		"${user[@]}" "$MAKE" -s -j3 all
) || { wait; exit 1; }
wait $!

products() {
	cd "$1/build"
	find . -maxdepth 1 -type f -o -path './lib/*' -type f | grep -v flags.mk |
		sort | xargs sha256sum
}
products "$one" >"$dir/one"
products "$two" >"$dir/two"
grep -q ' \./quorate$' "$dir/one" || {
	echo "no program was built"
	exit 1
}
diff "$dir/one" "$dir/two"
