#!/usr/bin/env bats
# shellcheck disable=SC2154 # work, top: lib.bash
# What a person reads before they type: --help, the man pages and the commands
# in docs/ name what the programs take, no less and nothing else.

bats_require_minimum_version 1.5.0
load lib

setup() {
	begin
	for p in quorate-{relay,image,host,enclave,enclave-sim}; do
		ln -sf "$top/build/$p" "$work/bin/$p"
	done
	# a line a command: its words, its options, its own commands
	walk quorate >commands
	for p in quorate-{relay,image,host,enclave,enclave-sim}; do
		walk "$p"
	done >>commands
}

teardown() { end; }

# walk WORD...: "WORDS|OPTION ...|COMMAND ..." of it and all below it
walk() {
	local options sub s
	"$@" --help >help
	options=$(awk '/^  -/ { print $1 }' help | tr '\n' ' ')
	sub=$(awk '/COMMAND \.\.\.$/ { on = 1 }
		on && /^  [a-z]/ { print $1 }' help | tr '\n' ' ')
	echo "$*|$options|$sub"
	for s in $sub; do
		walk "$@" "$s"
	done
}

# the page of a command: a noun of quorate has its own; the relay shares some
page_of() {
	case $1 in
	quorate-relay\ send* | quorate-relay\ receive* | \
		quorate-relay\ bundle*) page_of "quorate ${1#* }" ;;
	quorate-enclave-sim) echo quorate-enclave ;;
	quorate\ *) set -- "${1#quorate }" && echo "quorate-${1%% *}" ;;
	*) echo "${1%% *}" ;;
	esac
}

# page_file NAME: its path
page_file() {
	echo "$top"/docs/man/"$1".[18]
}

@test "help: every command has one, of lines that a terminal of 80 columns holds" {
	[ "$(wc -l <commands)" -gt 60 ]
	cut -d '|' -f 1 commands | while read -r words; do
		# shellcheck disable=SC2086 # words
		$words --help >help
		head -n 1 help | grep -q "^$words: ."
		grep -q "^usage: $words" help
		run -1 grep -nE '.{81}' help
	done
}

@test "man pages: every option of every command stands in its page" {
	cut -d '|' -f 1,2 commands | tr '|' ' ' | while read -r line; do
		words=${line%% -*}
		page=$(page_file "$(page_of "$words")")
		for o in ${line#"$words"}; do
			[ "$o" = --help ] && continue
			grep -qE "(^\.| )Fl ${o#-}( |\$)" "$page" ||
				echo "$words $o: not in ${page##*/}"
		done
	done >missing
	cat missing
	[ ! -s missing ]
}

@test "man pages: each says when it ends how, shows examples, and names pages that are there" {
	for f in "$top"/docs/man/*.[18]; do
		for s in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES \
			'SEE ALSO'; do
			[ "$f" = "$top/docs/man/quorate.1" ] &&
				[ "$s" = EXAMPLES ] && continue
			grep -qx "\.Sh $s" "$f" || echo "${f##*/}: no $s"
		done
		sed -n 's/^\.Xr \(quorate[a-z-]*\) \([18]\).*/\1.\2/p' "$f" |
			while read -r other; do
				[ -f "$top/docs/man/$other" ] ||
					echo "${f##*/}: there is no $other"
			done
	done >bad
	cat bad
	[ ! -s bad ]
}

@test "man pages: where a token serves, exit status 4 is told" {
	grep -e '--token ' commands | cut -d '|' -f 1 | while read -r words; do
		sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/p' \
			"$(page_file "$(page_of "$words")")" | grep -q '\b4\b' ||
			echo "$words"
	done >bad
	cat bad
	[ ! -s bad ]
}

@test "man pages: quorate(1) lists the commands that there are" {
	sed -n '/^\.Sh COMMANDS/,/^\.Sh E/s/^\.It Ic //p' \
		"$top/docs/man/quorate.1" | sort >listed
	sed -n 's/^quorate||//p' commands | tr ' ' '\n' | sed '/^$/d' |
		sort >there
	diff there listed
	while read -r noun; do
		[ "$noun" = version ] || grep -qx "\.Xr quorate-$noun 1 ,\?" \
			"$top/docs/man/quorate.1"
	done <there
}

# The commands of a text: those in code, without what stands before and behind,
# a line each.
commands_of() {
	awk '/\\$/ { sub(/\\$/, ""); held = held $0; next }
		{ print held $0; held = "" }' "$1" | tr '`|;()<>' '\n' |
		sed -n 's|.*\<\(quorate\(-[a-z]*\)\? [a-z -].*\)|\1|p'
}

@test "docs: every command in them exists and takes the options that it is shown with" {
	for f in "$top"/README.md "$top"/docs/*.md "$top"/docs/formats/*.md; do
		# code only: fenced, indented by four, or in back-quotes
		awk '/^ *```/ { code = !code; next }
			code || /^    / { print; next }
			{ n = split($0, part, "`"); line = ""
			  for (i = 2; i <= n; i += 2) line = line part[i] "`"
			  print line }' "$f" >code
		commands_of code | sed "s|^|${f##*/}: |"
	done >used
	for f in "$top"/docs/man/*.[18]; do
		mandoc -T ascii -O width=200 "$f" | col -b |
			sed 's/\[\|\]/ /g' >code
		commands_of code | sed "s|^|${f##*/}: |"
	done >>used
	[ "$(wc -l <used)" -gt 200 ]
	awk -F '|' '
	NR == FNR { options[$1] = " " $2; sub_of[$1] = " " $3; next }
	{
		where = $0; sub(/: .*/, "", where)
		sub(/^[^ ]*: /, "")
		n = split($0, word, /[ \t,]+/)
		path = word[1]; i = 2
		if (!(path in options)) next
		while (i <= n && index(sub_of[path], " " word[i] " ")) {
			path = path " " word[i]; i++
		}
		# claims.md holds names of tests, and man pages prose
		if (where ~ /md$/ && where != "claims.md" && sub_of[path] != " " &&
		    word[i] ~ /^[a-z]+$/)
			print where ": " path " has no " word[i]
		for (; i <= n; i++) {
			o = word[i]; sub(/[=.:].*/, "", o)
			if (o ~ /^--?[a-z][a-z-]*$/ && o != "--help" &&
			    !index(options[path], " " o " "))
				print where ": " path " takes no " o
		}
	}' commands used >bad
	cat bad
	[ ! -s bad ]
}

@test "programs: each tells its version; a helper, that it is not started by hand" {
	version=$(quorate version)
	[[ $version =~ ^quorate\ [0-9.]+$ ]]
	for p in quorate quorate-{relay,image,enclave,enclave-sim}; do
		[ "$("$p" --version)" = "$p ${version#quorate }" ]
	done
	for p in quorate-{scan,token}; do
		for word in --help --version x; do
			run -2 --separate-stderr "$top/build/$p" "$word" </dev/null
			[ -z "$output" ]
			[[ $stderr = "$p: started by quorate, not by hand; see "* ]]
		done
	done
}

@test "quorate-enclave: an option that is none, or has no value, is told as such" {
	for p in quorate-enclave quorate-enclave-sim; do
		run -2 "$p" --nothing
		[[ $output = *"unknown option --nothing; see $p --help" ]]
		run -2 "$p" --usock
		[[ $output = *"a value is missing after --usock; see $p --help" ]]
	done
	run -2 quorate-enclave --pki-dir x
	run -2 quorate-enclave-sim --nsm x
}
