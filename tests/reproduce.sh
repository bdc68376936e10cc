#!/bin/bash
# Builds everything twice, in two worlds, and compares it byte for byte:
# programs, libraries, .buildinfo, the Debian package, paper (PDF), and the
# enclave's images, the SIMULATED ones of the tests too.
#
#	tests/reproduce.sh [--kernel]
#
# The kernel takes minutes and is built with --kernel only; without it the
# images have something that passes for one.
#
# The worlds differ in: folder (name and length), user (where root runs
# this), umask, time zone, locale, number of jobs, dates of the sources, a
# clock a year ahead (where there is faketime), order of file system entries
# (disorderfs where there is /dev/fuse and root, else files made in reverse).
# Prints how they differ and a table of what came out, and leaves both in
# build/reproduce.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
MAKE=${MAKE:-make}
kernel_too=
case ${1:-} in
'') ;;
--kernel) kernel_too=1 ;;
*)
	echo "reproduce: give --kernel or nothing" >&2
	exit 2
	;;
esac
export kernel_too

dir=$(mktemp -d)
mounted=
end() {
	[ -z "$mounted" ] || fusermount -u "$mounted" || umount "$mounted"
	rm -rf "$dir"
}
trap end EXIT
chmod 755 "$dir"
one=$dir/a
two=$dir/another-folder/with.a.longer-name
mkdir -p "$one" "$two"

# a copy of the sources, its files made in this order
copy() {
	find . \( -path ./build -o -path ./.git \) -prune -o -type f -print0 |
		sort -z "$@" | tar -c --no-recursion --null -T -
}
copy | tar -x -C "$one"
order='files made in reverse'
inner=$two
if [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ] && command -v disorderfs >/dev/null
then
	inner=$dir/inner
	mkdir "$inner"
fi
copy -r | tar -x -C "$inner"
find "$inner" -type f -exec touch -d '2001-02-03 04:05:06' {} +
user=() who=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
	chown -R nobody "$inner"
	user=(setpriv --reuid nobody --regid nogroup --clear-groups)
	who=nobody
fi
if [ "$inner" != "$two" ] && disorderfs -q --multi-user=yes \
	--sort-dirents=yes --reverse-dirents=yes "$inner" "$two"; then
	mounted=$two
	order='disorderfs: sorted, then reversed'
elif [ "$inner" != "$two" ]; then
	rmdir "$two"
	mv "$inner" "$two"
fi
clock=()
ahead='not changed: no faketime here'
if command -v faketime >/dev/null; then
	ahead=$(date -u -d '+1 year' '+%F %T')
	clock=(env NO_FAKE_STAT=1 faketime -f '+365d')
fi

mkdir -p build
table=$PWD/build/reproduce.txt
printf '%-12s %-28s %s\n' '' 'one' 'two' \
	folder a another-folder/with.a.longer-name user "$(id -un)" "$who" \
	umask 022 077 zone UTC Asia/Kathmandu locale C C.UTF-8 jobs -j1 -j8 \
	clock "$(date -u '+%F %T')" "$ahead" \
	'files of' 'the copy' 2001-02-03 order "as found" "$order" |
	tee "$table"

# in a world's folder: everything
everything() {
	"$MAKE" -s "$1" all deb image-programs
	build/quorate send --pdf build/record.pdf \
		tests/fuzz/seeds/records/plan-rehearsal.cbor >/dev/null 2>&1
	echo TEXT | build/quorate qr draw --pdf build/text.pdf >/dev/null 2>&1
	if [ -n "$kernel_too" ]; then
		KERNEL=$(JOBS=${1#-j} enclave/image/kernel)
		cp "$KERNEL" build/bzImage
	else
		# 514 zeros and the magic
		{ head -c 514 /dev/zero; printf HdrS; } >build/no-kernel
		KERNEL=build/no-kernel
	fi
	export KERNEL
	enclave/image/assemble build/quorate build/image/init
	enclave/image/assemble build/with-app build/image/init build/image/hello
	# the tests' has a folder more, with a root drawn anew each time
	printf '%s\n' 'dir pki 0700' "file pki/root.pem 0444 $PWD/LICENSE" \
		>build/more.list
	MORE=build/more.list enclave/image/assemble build/SIMULATED \
		build/image/init-sim
	rm build/more.list
}
export -f everything
export MAKE

(
	umask 022
	cd "$one"
	TZ=UTC LC_ALL=C bash -euc 'everything -j1'
) &
first=$!
(
	umask 077
	cd "$two"
	HOME=/ TZ=Asia/Kathmandu LC_ALL=C.UTF-8 "${user[@]}" "${clock[@]}" \
		bash -euc 'everything -j8'
) || { wait; exit 1; }
wait "$first"

products() (
	cd "$1/build"
	{
		find . -maxdepth 1 -type f ! -name flags.mk
		find ./lib ./image -type f
	} | sort | xargs sha256sum
)
products "$one" >"$dir/one"
products "$two" >"$dir/two"
for f in quorate quorate-enclave image/init image/init-sim quorate.eif \
	quorate.pcrs with-app.eif SIMULATED.eif record.pdf text.pdf; do
	grep -q " \./$f\$" "$dir/one" || {
		echo "$f was not built"
		exit 1
	}
done
echo | tee -a "$table"
join -1 2 -2 2 -a 1 -a 2 -e none -o 0,1.1,2.1 "$dir/one" "$dir/two" |
	awk '{ printf "%-32s %.16s %s\n", substr($1, 3), $2,
		$2 == $3 ? "the same" : "DIFFERENT: " substr($3, 1, 16)
		bad += $2 != $3 } END { exit bad != 0 }' | tee -a "$table"
