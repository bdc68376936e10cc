#!/bin/bash
# UR against npm's @ngraveio/bc-ur: it decodes our streams and we decode its,
# in order, reversed, with 30 % of the lines lost, and joined late.  The peer
# is installed here and nowhere else; where there is no npm or no registry,
# every test is a skip.  Speaks TAP.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
quorate=${QUORATE:-$top/build/quorate}
modules=$top/build/peers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NODE_PATH=$modules/node_modules

count=0
ways='in-order reversed lossy late'
# bytes of a message, bytes of a fragment at most, parts
cases='50:100:1 300:30:10 1000:200:5 2500:250:10 12000:500:24 20000:880:23'

install() {
	command -v npm >/dev/null && command -v node >/dev/null || return 1
	[ -d "$NODE_PATH/@ngraveio/bc-ur" ] && return 0
	mkdir -p "$modules" &&
		cp "$here/package.json" "$here/package-lock.json" "$modules" &&
		(cd "$modules" && timeout 120 npm ci --ignore-scripts \
			--no-audit --no-fund) >&2
}

# select WAY PARTS: what of a stream of lines arrives
arrives() {
	case $1 in
	in-order) cat ;;
	reversed) tac ;;
	lossy) awk 'BEGIN { srand(7) } rand() >= 0.3' ;;
	late) tail -n +$((2 * $2 + 2)) ;;
	esac
}

result() {
	count=$((count + 1))
	if "${@:2}"; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
	fi
}

ours_to_peer() {
	"$quorate" ur encode --type x-qk-test --max-fragment "$max" \
		--frames $((12 * parts)) "$work/message" |
		arrives "$1" "$parts" |
		node "$here/bc-ur.js" decode | cmp - "$work/want"
}

peer_to_ours() {
	node "$here/bc-ur.js" encode x-qk-test "$max" 0 $((12 * parts)) \
		<"$work/message" | arrives "$1" "$parts" |
		"$quorate" ur decode | cmp - "$work/want"
}

same_lines() {
	cmp <("$quorate" ur encode --type x-qk-test --max-fragment "$max" \
		--frames $((12 * parts)) "$work/message") \
		<(node "$here/bc-ur.js" encode x-qk-test "$max" 0 \
			$((12 * parts)) <"$work/message")
}

# far into the numbers of 32 bits, where ours never goes by itself
from_afar() {
	node "$here/bc-ur.js" encode x-qk-test "$max" 4294966000 \
		$((4 * parts)) <"$work/message" |
		"$quorate" ur decode | cmp - "$work/want"
}

tests() {
	local c way
	for c in $cases; do
		IFS=: read -r size max parts <<<"$c"
		head -c "$size" <(openssl enc -aes-128-ctr -nosalt -K "$(printf \
			%032d "$size")" -iv 0 -in /dev/zero 2>/dev/null) \
			>"$work/message"
		cp "$work/message" "$work/want"
		for way in $ways; do
			"$1" "it decodes ours, $size bytes, $way" \
				ours_to_peer "$way"
			"$1" "we decode its, $size bytes, $way" \
				peer_to_ours "$way"
		done
		"$1" "the same lines, $size bytes" same_lines
		"$1" "we decode its from part 4294966000, $size bytes" \
			from_afar
	done
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP no npm, node or registry"
}

if install 2>"$work/log"; then
	tests result
else
	sed 's/^/# /' "$work/log"
	tests skip
fi
echo "1..$count"
