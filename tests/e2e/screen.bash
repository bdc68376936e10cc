# For the end-to-end tests of programs that draw on a terminal: `load screen`.
# shellcheck shell=bash

# on_screen ROWS COLUMNS COMMAND...: starts the command on a terminal of its
# own in the background; keys go to descriptor 8, its process is $(<pid), what
# it wrote is in `screen`, the modes of the terminal in `before` and `after`
on_screen() {
	local rows=$1 columns=$2 line
	shift 2
	printf -v line '%q ' "$@"
	mkfifo keys
	exec 8<>keys
	cat >run <<-EOF
		stty rows $rows cols $columns
		tty >line
		stty -g >before
		sh -c 'echo \$\$ >pid; exec $line'
		echo \$? >rc
		stty -g >after
	EOF
	SHELL=/bin/sh TERM=${term:-xterm-256color} COLORTERM='' \
		script -qfc "sh run" screen <keys >/dev/null 2>&1 8>&- 3>&- &
}

shows() { tr -d '\0' <screen | grep -aqF -e "$1"; }

# shows_since TEXT WHAT: WHAT, after the last TEXT
shows_since() {
	tr -d '\0' <screen | tr '\n' ' ' | sed "s/.*$1//" | grep -aqF -e "$2"
}

# resize ROWS COLUMNS: the terminal, which tells the program (SIGWINCH)
resize() { stty -F "$(<line)" rows "$1" cols "$2"; }

# after the end: the modes are those of before, the cursor and the wrapping
# are on again, the other screen is left
given_back() {
	wait_for test -s after
	exec 8>&-
	wait
	same before after
	[ "$(tail -c 300 screen | grep -aoE $'\033\\[\\?(25|7|1049)[hl]' |
		tail -n 3 | tr '\n\033' ' ^')" = '^[?7h ^[?25h ^[?1049l ' ]
}
