#!/usr/bin/env bats
# shellcheck disable=SC2154 # work, top: lib.bash
# docs/ceremony.md is what a person has in their hands on the day: its commands
# are run as they stand there, in their order, and print what it shows.

bats_require_minimum_version 1.5.0
load lib

setup() { begin; }
teardown() { end; }

# The blocks of the page, each in a file of its own: 01, 02 and so on.
blocks() {
	awk '/^ *```/ { match($0, /^ */); indent = RLENGTH; code = !code
			if (code) f = sprintf("%02d", ++n)
			next }
		code { print substr($0, indent + 1) >f }' "$1"
}

# The command of a block, and what it shall print: keys, words and times are
# of each day; what a person types is not in the output of a pipe.
command_of() { awk '/^\$ / || more { print; more = /\\$/ }' "$1" | sed 's/^\$ //'; }
shown_in() {
	awk '/^\$ / || more { more = /\\$/; next } { print }' "$1" |
		sed -E '/^[1-6*]+$/d' |
		sed 's/\[yes.no\] yes$/[yes\/no] /' | same_each_day
}
same_each_day() {
	sed -E 's/[0-9a-f]{8}/HEX/g; s/^( +)[0-9a-f]{4}$/\1HEX/
		s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC/TIME/
		s/\<[A-Z]{4}\>/WORD/g'
}

# as SHOWN ACTUAL: line by line; "..." is any number of lines
as() {
	awk 'NR == FNR { want[++n] = $0; next } { got[++m] = $0 }
	END {
		for (i = j = 1; i <= n; i++) {
			if (want[i] == "...") { loose = 1; continue }
			while (loose && j <= m && got[j] != want[i]) j++
			if (j > m || got[j] != want[i]) {
				print "the page: " want[i]
				print "is shown: " (j > m ? "nothing" : got[j])
				exit 1
			}
			loose = 0; j++
		}
		if (!loose && j <= m) { print "not in the page: " got[j]; exit 1 }
	}' "$1" "$2"
}

@test "ceremony.md: every command works as written and prints what is shown" {
	mkdir blocks && (cd blocks && blocks "$top/docs/ceremony.md")
	for p in bob carol dave alice-spare; do
		quorate key generate -o "$p.secret" --pub "$p.pub"
	done
	n=0
	for b in blocks/*; do
		command_of "$b" >run_it
		# tokens: tests/token plays those
		if ! [ -s run_it ] || grep -q -e --token run_it; then
			continue
		fi
		shown_in "$b" >shown
		# the block that shows what a changed file looks like
		if grep -q 'it was changed' shown; then
			cp genesis/quorum_key.pub kept
			echo >>genesis/quorum_key.pub
		fi
		printf 'yes\n%s\n%s\n%s\n\n' 62513462513334112565 \
			16251346252462513462 24625134621162432561 |
			bash ./run_it >said 2>&1 || true
		[ ! -f kept ] || mv kept genesis/quorum_key.pub
		same_each_day <said >actual
		as shown actual || {
			cat run_it said
			return 1
		}
		n=$((n + 1))
	done
	[ "$n" -ge 11 ]
}
