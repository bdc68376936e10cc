#!/usr/bin/env bats
# Records and texts as codes, by the real program: files, paper, a terminal of
# script(1) that is given back as it was.  Codes are read back with quorate's
# scanner and with zbarimg.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load lib
load ceremony
load screen

setup() { begin; }
teardown() { end; }

# the texts of the codes of a folder, in order
texts() { quorate qr scan "dir:$1"; }

@test "qr draw and qr scan are the reverse of each other" {
	printf '%s\n' 'UR:X-QK-HI/AEADAOLAZMJENDEOTI' 'A B $%*+-./: 09' X >t
	quorate qr draw --png out t
	[ "$(ls out)" = $'0001.png\n0002.png\n0003.png' ]
	run texts out
	[ "$status" -eq 0 ]
	[ "$output" = "$(<t)" ]
	run zbarimg --nodbus -q --raw out/0002.png
	[ "$output" = 'A B $%*+-./: 09' ]
}

@test "qr draw: all codes have one size, whatever the lines" {
	printf 'X\n%0400d\nYY\n' 7 >t
	quorate qr draw --png out --scale 2 t
	# width and height, PNG section 11.2.2
	for f in out/*.png; do
		xxd -p -s 16 -l 8 "$f"
	done | sort -u >sizes
	[ "$(wc -l <sizes)" -eq 1 ]
}

@test "qr draw: a UR may be in small letters, other text may not" {
	echo 'ur:x-qk-hi/aeadaolazm' | quorate qr draw --png out
	[ "$(texts out)" = UR:X-QK-HI/AEADAOLAZM ]
	echo 'hello' >t
	fails 3 "character 1 (0x68) is not of the QR alphanumeric set" -- \
		quorate qr draw --pdf o.pdf t
}

@test "qr draw: empty, binary, too long and too many inputs are refused" {
	: >t
	fails 3 "t: no line of text" -- quorate qr draw --pdf o.pdf t
	printf 'A\0B\n' >t
	fails 3 "a byte is zero" -- quorate qr draw --pdf o.pdf t
	printf '%02000d\n' 1 >t
	fails 3 "a line of 2000 characters fits no code" -- \
		quorate qr draw --pdf o.pdf t
	fails 3 "nosuch" -- quorate qr draw --pdf o.pdf nosuch
}

@test "send: the frames of a plan scan back, whole and as mixtures" {
	abc_plan
	quorate send --png out --frames 6 plan.cbor
	run texts out
	[ "${#lines[@]}" -eq 6 ]
	[[ ${lines[0]} == UR:X-QK-PLAN/1-2/* ]]
	[[ ${lines[5]} == UR:X-QK-PLAN/6-2/* ]]
	# the same each time
	quorate send --png again --frames 6 plan.cbor
	diff -r out again
	texts out | quorate ur decode | same - plan.cbor
	# without the first, which a mixture makes up for
	rm out/0001.png
	texts out | quorate ur decode | same - plan.cbor
}

@test "send: several records are several streams, files of one are one" {
	abc_plan
	abc_genesis
	quorate send --png out plan.cbor g/shares/rehearsal-a.share
	[ "$(texts out | grep -oE '^UR:[A-Z-]+' | uniq)" = \
		$'UR:X-QK-PLAN\nUR:X-QK-SHARE' ]
	quorate send --png keys a.pub b.pub c.pub
	[ "$(texts keys | grep -oE '^UR:[A-Z-]+' | uniq | wc -l)" -eq 1 ]
}

@test "send: a secret, and what is none of ours, is refused" {
	abc_plan
	fails 3 a.secret -- quorate send --png out a.secret
	echo junk >junk
	fails 3 junk -- quorate send --png out junk
	fails 3 junk -- quorate send --png out plan.cbor junk
}

@test "send --pdf: every code of every page is read from the paper" {
	abc_plan
	quorate send --pdf plan.pdf plan.cbor
	quorate send --pdf again.pdf plan.cbor
	same plan.pdf again.pdf
	pdftotext -layout plan.pdf text
	grep -q REHEARSAL text
	grep -q 'page 1 of 1' text
	parts=$(sed -nE 's/.*\b1 of ([0-9]+).*/\1/p' text | tail -n 1)
	grep -q "$parts of $parts" text
	grep -q 'spare 2, where one is damaged' text
	pdftoppm -r 216 -gray plan.pdf page
	quorate qr scan png:page-1.pgm | sort >found
	[ "$(wc -l <found)" -eq $((parts + parts / 4 + 1)) ]
	quorate send --png frames --preset print plan.cbor
	texts frames | sort | diff - found
	# the twelve words are on the page, under each code too
	[ "$(grep -oE '\b1 [A-Z]{4}\b' text | sort -u | wc -l)" -eq 1 ]
	[ "$(grep -oE '\b12 [A-Z]{4}\b' text | wc -l)" -eq \
		$((parts + parts / 4 + 2)) ]
}

@test "what is sent is received, with the words of its paper, frames lost" {
	local i words
	abc_plan
	abc_genesis
	for f in plan.cbor g/shares/rehearsal-b.share; do
		rm -rf out got paper.pdf
		quorate send --pdf paper.pdf "$f"
		words=$(pdftotext -layout paper.pdf - |
			grep -oE '\b[0-9]+ [A-Z]{4}\b' | head -n 12 |
			cut -d ' ' -f 2 | tr '\n' ' ')
		quorate send --png out --preset coarse --frames 24 "$f"
		for i in 01 04 07 10 13 16 19 22; do
			rm "out/00$i.png"
		done
		quorate receive dir:out -o got --words "$words"
		same "$f" "got/${f##*/}"
	done
}

@test "nothing is overwritten without --force" {
	abc_plan
	quorate send --pdf o.pdf plan.cbor
	fails 1 "o.pdf is there already" -- quorate send --pdf o.pdf plan.cbor
	quorate send --force --pdf o.pdf plan.cbor
	quorate send --png out plan.cbor
	fails 1 "out/0001.png is there already" -- quorate send --png out plan.cbor
	quorate send --force --png out plan.cbor
}

@test "no picture of another record stays among those that are written" {
	abc_plan
	quorate send --png out --frames 3 plan.cbor
	fails 1 "out/0003.png is there and would be read among these" -- \
		quorate send --force --png out --frames 2 plan.cbor
	quorate send --force --png out --frames 4 plan.cbor
	fails 1 "out/0001.png is there and would be read" -- \
		quorate send --force --png out plan.cbor plan.cbor
	quorate send --png two --frames 2 plan.cbor plan.cbor
	quorate send --force --png two --frames 2 plan.cbor plan.cbor
	for f in 1-0003 3-0001 1-00001 0-0001 1 x; do
		cp two/1-0001.png "two/$f.png"
		fails 1 "two/$f.png is there and would" -- quorate send \
			--force --png two --frames 2 plan.cbor plan.cbor
		rm "two/$f.png"
	done
	: >two/notes.txt
	quorate send --force --png two --frames 2 plan.cbor plan.cbor
}

@test "options that do not go together are named" {
	abc_plan
	fails 2 "--png and --pdf exclude each other" -- \
		quorate send --png o --pdf o.pdf plan.cbor
	fails 2 "there is no preset 'fine'" -- \
		quorate send --pdf o.pdf --preset fine plan.cbor
	fails 2 "the preset print is for paper" -- \
		quorate send --preset print plan.cbor
	fails 2 "--frames, --scale and --force are for" -- \
		quorate send --frames 4 plan.cbor
	fails 2 "--scale is 1 to 32" -- \
		quorate send --png o --scale 4294967304 plan.cbor
	fails 2 "--fps is 1 to 15" -- quorate send --fps 16 plan.cbor
	fails 2 "a fragment has 10 to" -- \
		quorate send --pdf o.pdf --fragment 9 plan.cbor
	fails 2 "--pdf takes one record" -- \
		quorate send --pdf o.pdf plan.cbor plan.cbor
	fails 2 "codes are shown on a terminal" -- quorate send plan.cbor
}

@test "a terminal of 80 x 24 is too small, and the message says what fits" {
	abc_plan
	on_screen 24 80 quorate send plan.cbor
	wait_for test -s after
	[ "$(<rc)" -eq 1 ]
	wait_for shows "rows, and this terminal has 80 and 24; take --fragment 25"
	run ! shows $'\033[?1049h'
}

@test "on a terminal: words first, then codes; q gives the terminal back" {
	abc_plan
	on_screen 60 150 quorate send plan.cbor
	wait_for shows "The twelve words of this record"
	wait_for shows REHEARSAL
	run ! shows ▀
	printf ' ' >&8
	wait_for shows "a mixture of the"
	wait_for shows ▀
	printf q >&8
	given_back
	[ "$(<rc)" -eq 0 ]
}

@test "quitting before all was shown is exit status 1" {
	abc_plan
	on_screen 60 150 quorate send plan.cbor
	wait_for shows "The twelve words of this record"
	printf q >&8
	given_back
	[ "$(<rc)" -eq 1 ]
	shows "0 of 1 records were"
}

# the program on the screen has its helper, $helper
helped() {
	helper=$(tr -d ' ' <"/proc/$(<pid)/task/$(<pid)/children")
	[ "$(<"/proc/$helper/comm")" = quorate-scan ]
}

@test "SIGTERM, SIGINT and SIGHUP give the terminal back and end it" {
	local s
	abc_plan
	for s in TERM INT HUP; do
		rm -f keys pid before after rc screen
		on_screen 60 150 quorate send plan.cbor
		wait_for shows "The twelve words of this record"
		printf ' ' >&8
		wait_for shows ▀
		wait_for helped
		kill -"$s" "$(<pid)"
		given_back
		[ "$(<rc)" -eq $((128 + $(kill -l "$s"))) ]
		# nor does its helper stay
		wait_for test ! -e "/proc/$helper"
	done
}

@test "a terminal that changes its size is drawn anew; too small is told" {
	abc_plan
	on_screen 60 150 quorate send plan.cbor
	wait_for shows "The twelve words of this record"
	printf ' ' >&8
	wait_for shows ▀
	resize 20 60
	wait_for shows "c coarser   q quit"
	run ! shows_since "c coarser   q quit" ▀
	resize 60 150
	wait_for shows_since "c coarser   q quit" ▀
	shows_since "c coarser   q quit" $'\033[2J'
	printf q >&8
	given_back
}

@test "the Linux console: white is made white, its screen saver waits" {
	abc_plan
	term=linux on_screen 48 170 quorate send plan.cbor
	wait_for shows "The twelve words of this record"
	wait_for shows $'\033[9;0]\033[14;0]'
	wait_for shows $'\033]P7ffffff'
	printf ' b' >&8
	wait_for shows $'\033]P7cfcfcf'
	printf q >&8
	wait_for test -s after
	exec 8>&-
	wait
	same before after
	# palette, blanking time as the kernel has it, wrapping, cursor
	minutes=$(($(cat /sys/module/kernel/parameters/consoleblank) / 60))
	tail -c 200 screen |
		grep -aqF $'\033]R\033[0m\033[2J\033[H\033[9;'"$minutes"$']\033[?7h\033[?25h'
	run ! shows $'\033[?1049'
}

@test "every frame is one write" {
	# its memory is closed to strace, as to all others of its user
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	abc_plan
	on_screen 60 150 strace -qq -e trace=write -o trace quorate send plan.cbor
	wait_for shows "The twelve words of this record"
	printf ' ' >&8
	wait_for shows "a mixture of the"
	printf q >&8
	wait_for test -s after
	exec 8>&-
	wait
	# no write to the terminal begins or ends within a frame
	grep -F 'write(1, "' trace | grep -c '2026h' >frames
	[ "$(<frames)" -ge 4 ]
	[ "$(grep -cF 'write(1, "' trace)" -eq $(($(<frames) + 2)) ]
}

@test "quorate-relay send is the same command" {
	abc_plan
	"$top/build/quorate-relay" send --png relay plan.cbor
	quorate send --png own plan.cbor
	diff -r relay own
}
