#!/bin/bash
# Draws the pictures of docs/gap.md anew, from real runs: screens of
# `quorate send` in tmux, a page of it through pdftoppm.  By hand, after
# `make` and `make demo`; needs tmux, poppler-utils, python3-pil.
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
