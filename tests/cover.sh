#!/bin/bash
# Lines of the product that the unit tests run, a file a line, least first.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
MAKE=${MAKE:-make}

"$MAKE" -s -j"$(nproc)" VARIANT=cover unit
find build/cover -name '*.gcda' -delete
for t in tests/unit/*_test.c; do
	t=${t##*/}
	build/cover/unit/"${t%.c}" >/dev/null 2>&1 ||
		echo "cover: ${t%.c} fails" >&2
done
find build/cover/obj -name '*.gcda' ! -path '*/tests/*' -print0 |
	xargs -0 gcov -n 2>/dev/null | awk -F "[':% ]+" '
	/^File/ { file = $2 }
	/^Lines executed/ && file ~ /^[a-z].*\.c$/ {
		printf "%6.1f %% of %4d  %s\n", $3, $5, file
		run += $3 * $5 / 100
		all += $5
		file = ""
	}
	END { if (all) printf "%6.1f %% of %4d  all\n", 100 * run / all, all }' |
	sort -n
