#!/bin/bash
# Draws the pictures of docs/gap.md anew, from real runs: screens of
# `quorate send` and `quorate receive` in tmux, a page through pdftoppm.  By
# hand, after `make` and `make demo`; needs tmux, ffmpeg, poppler-utils,
# python3-pil.
set -eu
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
demo=build/demo
session=quorate-pictures-$$
trap 'tmux -L "$session" kill-server 2>/dev/null || true' EXIT

# screen COLUMNS ROWS OUT KEYS FILE...
screen() {
	local columns=$1 rows=$2 out=$3 keys=$4
	shift 4
	tmux -L "$session" -f /dev/null new-session -d -x "$columns" \
		-y "$rows" "TERM=xterm-256color COLORTERM= build/quorate \
		send $*"
	sleep 1
	if [ -n "$keys" ]; then
		tmux -L "$session" send-keys "$keys"
		sleep 1
	fi
	tmux -L "$session" capture-pane -e -p -N |
		/usr/bin/python3 "$here/terminal.py" "$here/$out" "$columns"
	tmux -L "$session" kill-server
	sleep 1
}

screen 100 34 send-words.png '' "$demo/plan.cbor"
screen 130 48 send-code.png Space "$demo/setup.doc" \
	"$demo/manifest_envelope"
build/quorate send --force --pdf build/page.pdf "$demo/plan.cbor"
pdftoppm -r 60 -gray -png -singlefile build/page.pdf "$here/send-page"

# a receiver in the middle of a film: the codes of a record, tilted and noisy,
# on a pipe that stands still while the screen is captured
work=$(mktemp -d)
trap 'tmux -L "$session" kill-server 2>/dev/null || true
	rm -rf "$work"' EXIT
build/quorate send --png "$work/frames" --preset coarse --scale 7 \
	"$demo/plan.cbor"
ffmpeg -v error -framerate 2 -i "$work/frames/%04d.png" -vf "fps=10,
	pad=1280:720:(ow-iw)/2:(oh-ih)/2:gray,rotate=0.06:fillcolor=gray,
	noise=alls=10:allf=t,gblur=0.6,eq=contrast=0.7" -frames:v 10 \
	-pix_fmt yuv420p -f yuv4mpegpipe "$work/film"
mkfifo "$work/phone"
{
	cat "$work/film"
	sleep 8
} >"$work/phone" &
tmux -L "$session" -f /dev/null new-session -d -x 80 -y 24 \
	"cd '$work' && TERM=xterm-256color COLORTERM= \
	'$PWD/build/quorate' receive y4m:phone"
sleep 2.5
tmux -L "$session" capture-pane -e -p -N |
	/usr/bin/python3 "$here/terminal.py" "$here/receive.png" 80
