#!/bin/bash
# Runs the measuring programs one after another (never beside anything else)
# and prints one table.  Each program gets BENCH_JSON, the name of a file
# that it fills with objects {name, value, unit, against, ratio, target, ok},
# one after another or as a list; build/bench.json is the list of all.
#	tests/bench.sh PROGRAM...
set -eu
export LC_ALL=C
[ $# -gt 0 ] || {
	echo "no measuring program in tests/bench" >&2
	exit 1
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for p; do
	echo "  BENCH  ${p##*/}" >&2
	BENCH_JSON=$dir/${p##*/}.json "$p" >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		echo "bench: $p failed" >&2
		exit 1
	}
done
cat "$dir"/*.json | jq -s flatten >build/bench.json

jq -r '.[] | [.name, .value, .unit, (.against // "-"), (.ratio // "-"),
	(.target // "-"),
	(if .ok == null then "not measured" + (if .reason then ": " + .reason
	else "" end) elif .ok then "ok" else "MISSED" end)] | @tsv' \
	build/bench.json | awk -F '\t' '
	function short(x) { return x ~ /^-?[0-9][0-9.e+-]*$/ ? sprintf("%.4g", x) : x }
	BEGIN {
		f = "%-44s %10s %-6s %-22s %7s %-10s %s\n"
		printf f, "name", "value", "unit", "against", "ratio", "target", ""
	}
	{ printf f, $1, short($2), $3, $4, short($5), $6, $7 }'
jq -e 'length > 0 and all(.[]; .ok != false)' build/bench.json >/dev/null || {
	echo "bench: a target was missed, or nothing was measured" >&2
	exit 1
}
