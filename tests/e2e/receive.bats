#!/usr/bin/env bats
# quorate receive and qr scan: pictures and films of what quorate send shows.

load lib
load ceremony
load screen

setup() {
	begin
	# of lib.bash
	# shellcheck disable=SC2154
	ln -s "$(dirname "${QUORATE:-$top/build/quorate}")/quorate-relay" \
		"$work/bin/quorate-relay"
}

teardown() {
	end
}

# words DIR: the twelve words of the record that the frames in DIR hold
words() {
	quorate-relay receive "dir:$1" -o "$work/words" 2>&1 >/dev/null |
		sed '1,/its words:/d' | xargs
	rm -rf "$work/words"
}

# answer WORDS COMMAND...: types the words that are asked for; what the
# command says is in said
answer() {
	local all=$1 asked=0 n
	shift
	mkfifo answers
	"$@" <answers >said 2>&1 3>&- &
	exec 8>answers
	while kill -0 $! 2>/dev/null; do
		n=$(grep -oE 'word [0-9]+: ' said | tail -n +$((asked + 1)) |
			head -n 1 | tr -dc 0-9)
		if [ -n "$n" ]; then
			grep -oE "\b$n [A-Z]+" <<<"$all" | cut -d' ' -f2 >&8
			asked=$((asked + 1))
		fi
		[ "$asked" -lt 4 ] || break
		sleep 0.05
	done
	exec 8>&-
	wait $!
}

# film IN.png... as a bad camera and a codec have it: film.y4m
# $1 the frames, $2 a filter before, $3 frames a second
film() {
	ffmpeg -v error -framerate "$3" -i "$1/%04d.png" -vf "$2,fps=15,
		pad=1280:720:(ow-iw)/2:(oh-ih)/2:gray,
		noise=alls=14:allf=t:all_seed=7,gblur=0.7,
		eq=contrast=0.7" -pix_fmt yuv420p -c:v libx264 -threads 1 \
		-crf 27 -y film.mp4 &&
		ffmpeg -v error -i film.mp4 -pix_fmt yuv420p \
			-f yuv4mpegpipe -y film.y4m
}

@test "a record goes from files to pictures and back, and its words are typed" {
	abc_plan
	quorate send --png frames --preset coarse --scale 3 plan.cbor
	w=$(words frames)
	[ "$(wc -w <<<"$w")" -eq 24 ]
	# the paper with the plan has the same words as its codes
	[ "$(quorate plan show plan.cbor | sed -n '/^words /,$p' |
		sed 's/^words//' | xargs)" = "$w" ]
	answer "$w" quorate receive dir:frames -o out
	cat said
	grep -qF 'arrived: the plan of a ceremony' said
	grep -qF REHEARSAL said
	same out/plan.cbor plan.cbor
	# twelve words at once, for scripts
	quorate receive dir:frames -o again --words "$w"
	same again/plan.cbor plan.cbor
}

@test "other words, or none: nothing is written" {
	abc_plan
	quorate send --png frames --preset coarse --scale 3 plan.cbor
	w=$(words frames)
	# a word that is none in the place of the first
	run quorate receive dir:frames -o out --words "1 ZZZZ ${w#1 * }"
	[ "$status" -eq 1 ]
	[[ $output == *"it is not what was made there; nothing was written" ]]
	run quorate receive dir:frames -o out --words "able"
	[ "$status" -ne 0 ]
	run quorate receive dir:frames -o out < <(yes wrong)
	[ "$status" -eq 1 ]
	[[ $output == *"the words differ"* ]]
	[[ $output != *"its words"* ]]
	run quorate receive dir:frames -o out </dev/null
	[ "$status" -eq 1 ]
	[ ! -e out ]
}

@test "a file that is there is not replaced without --force" {
	abc_plan
	quorate send --png frames --preset coarse --scale 3 plan.cbor
	mkdir out
	echo mine >out/plan.cbor
	run quorate-relay receive dir:frames -o out
	[ "$status" -ne 0 ]
	[[ $output == *"--force replaces it"* ]]
	text out/plan.cbor "mine
"
	quorate-relay receive dir:frames -o out --force
	same out/plan.cbor plan.cbor
}

@test "the other mode is refused in one line" {
	abc_plan
	quorate send --png frames --preset coarse --scale 3 plan.cbor
	run quorate-relay receive dir:frames -o out --mode production
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *"is marked rehearsal, not production"* ]]
	[ ! -e out ]
	# a word that is no mode is told before anything is looked at
	fails 2 "--mode is production or rehearsal" -- \
		quorate receive dir:none --mode test
	quorate-relay receive dir:frames -o out --mode rehearsal
}

@test "a film through H.264, with noise, blur, little contrast and 30 % loss" {
	abc_plan
	quorate send --png frames --preset coarse --scale 4 --frames 40 \
		plan.cbor
	film frames "select='gt(mod(n*7+3\,10)\,2)'" 5
	w=$(words frames)
	quorate receive y4m:film.y4m -o out --words "$w" >said 2>&1
	same out/plan.cbor plan.cbor
	# the same from a pipe, where no words can be typed
	quorate receive y4m:- -o pipe --words "$w" <film.y4m
	same pipe/plan.cbor plan.cbor
	fails 2 "give --words" -- quorate receive y4m:- -o no <film.y4m
	# joined late: the beginning is not needed
	ffmpeg -v error -ss 1.5 -i film.mp4 -f yuv4mpegpipe -y late.y4m
	quorate receive y4m:late.y4m -o late --words "$w"
	same late/plan.cbor plan.cbor
}

@test "on a terminal: the picture with the code marked, then the record" {
	abc_plan
	quorate send --png frames --preset coarse --scale 4 plan.cbor
	film frames null 5
	w=$(words frames)
	# the words are the inner shell's
	# shellcheck disable=SC2016
	on_terminal sh -c 'stty rows 24 columns 80 &&
		exec quorate receive y4m:film.y4m -o out --words "$1"' sh \
		"$w" >screen
	same out/plan.cbor plan.cbor
	grep -qF 'receiving from y4m:film.y4m' screen
	grep -qE '#+-*  the plan of a ceremony: [0-9] of 5 parts' screen
	grep -qF '▀' screen
	# the terminal is given back before the record is told of
	tail -n 12 screen | grep -qF 'its words:'
}

@test "on a terminal: q gives up, and nothing is written" {
	mkfifo fifo
	exec 7<>fifo
	printf 'YUV4MPEG2 W640 H480 F30:1 Cmono\n' >&7
	on_screen 24 80 quorate receive y4m:fifo -o out
	wait_for shows 'q quit'
	printf q >&8
	given_back
	exec 7>&-
	shows 'you quit: nothing was written'
	[ "$(<rc)" -eq 1 ]
	[ ! -e out ]
}

@test "on a terminal that changes its size the screen is drawn anew" {
	mkfifo fifo
	exec 7<>fifo
	printf 'YUV4MPEG2 W640 H480 F30:1 Cmono\n' >&7
	on_screen 24 80 quorate receive y4m:fifo -o out
	wait_for shows $'\033[24;1H\033[Kq quit'
	resize 30 100
	wait_for shows $'\033[30;1H\033[Kq quit'
	shows_since "24;1H.\[Kq quit" $'\033[2J'
	printf q >&8
	given_back
	exec 7>&-
}

@test "doctor camera: what a film shows, a card to show, and no camera" {
	# a machine with a camera lists it
	compgen -G '/dev/video*' >none ||
		fails 3 "no camera is found" -- quorate doctor camera
	fails 2 "give one of them" -- quorate doctor camera --card png:x
	fails 2 "those of --card" -- quorate doctor camera --preset coarse
	printf 'P5 4 4 255\n0123456789abcdef' >grey.pgm
	run quorate doctor camera png:grey.pgm
	[ "$status" -eq 1 ]
	[[ $output == *"doctor camera --card"* ]]
	abc_plan
	quorate send --png frames --preset normal --scale 4 plan.cbor
	film frames null 5
	quorate doctor camera y4m:film.y4m >said
	grep -qE 'of which [0-9]+ with a code \((9[0-9]|100) %\)' said
	grep -qE '[34]\.[0-9] pixels a module' said
	grep -qE 'normal +at this distance +[0-9.]+ pixels a module: yes' said
	on_screen 60 140 quorate doctor camera --card
	wait_for shows ▀
	wait_for shows REHEARSAL
	printf q >&8
	given_back
	# what the message of a small screen says is there
	rm keys before after
	on_screen 24 80 quorate doctor camera --card
	wait_for test -s after
	exec 8>&-
	wait
	size=$(tr -d '\0' <screen | tr '\r\n' '  ' |
		grep -oE -- '--fragment +[0-9]+' | tr -dc 0-9)
	[ "$size" -ge 10 ]
	rm keys before after
	on_screen 24 80 quorate doctor camera --card --fragment "$size"
	wait_for shows ▀
	printf q >&8
	given_back
	quorate doctor camera --card --png card
	quorate-relay receive dir:card -o got
	[ -s got/test-card.cbor ]
}

@test "a film that ends too soon says how far it came" {
	abc_plan
	quorate send --png frames --preset coarse --scale 4 --frames 3 \
		plan.cbor
	run quorate receive dir:frames
	[ "$status" -eq 3 ]
	[[ ${lines[-1]} =~ "ended with the plan of a ceremony: "[0-9]+" of" ]]
}

@test "codes of others are named: the first UR, another UR, any text" {
	echo 'UR:BYTES/1OF4/ABCDEFGH/LPADBBCSIEC' | quorate qr draw --png 1 -
	echo 'UR:CRYPTO-PSBT/LPADBBCSIEC' | quorate qr draw --png 2 -
	echo 'HELLO WORLD' | quorate qr draw --png 3 -
	fails 3 "the first UR version" -- quorate receive dir:1
	fails 3 "a UR of another kind" -- quorate receive dir:2
	fails 3 "shows codes, but no record of ours" -- quorate receive dir:3
	[ "$(quorate qr scan dir:3)" = "HELLO WORLD" ]
}

@test "two records mixed: the first that is complete is taken, whole" {
	abc_plan
	quorate send --png a --preset coarse --scale 3 plan.cbor
	quorate send --png b --preset coarse --scale 3 --frames 2 a.pub
	mkdir both
	for f in a/*; do cp "$f" "both/$(basename "$f" .png)-1.png"; done
	for f in b/*; do cp "$f" "both/$(basename "$f" .png)-2.png"; done
	quorate-relay receive dir:both -o out
	[ "$(find out -type f | wc -l)" -eq 1 ]
}

@test "several records in one run: mixed, one after the other, on one picture" {
	abc_plan
	quorate send --png a --preset coarse --scale 3 plan.cbor
	quorate send --png b --preset coarse --scale 3 a.pub
	quorate send --png c --preset coarse --scale 3 b.pub
	mkdir mixed
	for d in a b c; do
		for f in "$d"/*; do
			cp "$f" "mixed/$(basename "$f" .png)-$d.png"
		done
	done
	# the codes of one that was taken come again and disturb nothing
	cp a/0001.png mixed/0000-again.png
	quorate-relay receive dir:mixed -o out --count 3 2>said
	grep -qx '2 of 3 records' said
	[ "$(find out -type f | wc -l)" -eq 3 ]
	for f in plan.cbor a.pub b.pub; do same "out/$f" "$f"; done
	# too few: what was whole is there, and the rest is told
	run quorate-relay receive dir:mixed -o less --count 4
	[ "$status" -eq 3 ]
	[[ ${lines[-1]} == *"ended after 3 of 4 records"* ]]
	[ "$(find less -type f | wc -l)" -eq 3 ]
	# a script gives the words of each, in any order
	one=$(words a) two=$(words b) three=$(words c)
	quorate receive dir:mixed -o scripted --count 3 --words "$three" \
		--words "$one" --words "$two"
	[ "$(find scripted -type f | wc -l)" -eq 3 ]
	run quorate receive dir:mixed -o no --count 3 --words "$one" \
		--words "$one"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *"no --words are those"* ]]
	fails 2 "--count is 1 to" -- quorate receive dir:mixed --count 0
}

@test "what is no picture, no film, no source: one line each" {
	echo text >t.png
	head -c 300 /dev/zero >zero
	fails 3 "neither a PNG nor" -- quorate qr scan png:t.png
	fails 3 "no YUV4MPEG2 video" -- quorate qr scan y4m:t.png
	fails 3 "neither a PNG nor" -- quorate qr scan png:zero
	fails 3 "No such file" -- quorate qr scan png:nowhere
	fails 3 "No such file" -- quorate qr scan y4m:nowhere
	mkdir empty
	fails 3 "no .png and no .pgm" -- quorate qr scan dir:empty
	fails 2 "there are v4l2:" -- quorate qr scan "$PWD/t.png"
	fails 2 "no camera" -- quorate qr scan v4l2:/dev/null
	for n in "" -1 +1 " 1" 1234 "0," 0,640 0,640x 0,0x480 0,640x480x \
		0,-640x480 0,640x99999; do
		fails 2 "no camera" -- quorate qr scan "v4l2:/dev/video$n"
	done
	fails 3 "/dev/video999" -- quorate qr scan v4l2:/dev/video999
	printf 'P5 4 4 255\n0123456789abcdef' >grey.pgm
	fails 1 "no code was read" -- quorate qr scan png:grey.pgm
}

# begin_film: a receiver that waits for more of a film; its helper is $helper
begin_film() {
	mkfifo fifo
	quorate qr scan y4m:fifo >out 2>err 3>&- &
	receiver=$!
	exec 7>fifo
	printf 'YUV4MPEG2 W640 H480 F30:1 Cmono\nFRAME\n' >&7
	wait_for filtered
	helper=$(pgrep -P "$receiver")
}

# the receiver's helper is behind its filter
filtered() {
	grep -q 'Seccomp:.*2' "/proc/$(pgrep -P "$receiver")/status"
}

@test "the helper has nothing but its source: no files, no names, a filter" {
	begin_film
	grep -q 'NoNewPrivs:.*1' "/proc/$helper/status"
	if [ "$(id -u)" -eq 0 ]; then
		[ "$(find "/proc/$helper/fd" -mindepth 1 | wc -l)" -eq 4 ]
		[ "$(tr -d '\0' <"/proc/$helper/environ" | wc -c)" -eq 0 ]
	else
		# closed to others of its own user
		run ls "/proc/$helper/fd"
		[ "$status" -ne 0 ]
	fi
	exec 7>&-
	wait "$receiver" || true
}

@test "the helper is killed at any time: one clear line, exit 5" {
	for signal in KILL SEGV SYS; do
		rm -f fifo
		begin_film
		kill -s $signal "$helper"
		rc=0
		wait "$receiver" || rc=$?
		exec 7>&-
		[ "$rc" -eq 5 ]
		[ "$(wc -l <err)" -eq 1 ]
		grep -qE 'quorate-scan (was ended by signal|tried what)' err
	done
}

@test "the helper ends with its caller" {
	begin_film
	kill -KILL "$receiver"
	wait "$receiver" || true
	wait_for test ! -e "/proc/$helper"
	exec 7>&-
}
