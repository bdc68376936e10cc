# For the end-to-end tests: `load lib`, then begin every setup() with `begin`.
# The program under test is QUORATE (default build/quorate); the files of
# others are in QUORATE_FIXTURES (default ../shared/fixtures).

# Whatever the caller's language, umask and proxy are.
export LC_ALL=C
umask 022
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY

# A folder of its own, memory-backed where there is one (secrets in the clear
# are warned about elsewhere), as the current folder; the program as quorate.
begin() {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	fixtures=${QUORATE_FIXTURES:-$top/../shared/fixtures}
	case $fixtures in
	/*) ;;
	*) fixtures=$top/$fixtures ;;
	esac
	work=$BATS_TEST_TMPDIR
	if [ -d /dev/shm ] && [ -w /dev/shm ]; then
		work=$(mktemp -d /dev/shm/quorate-e2e.XXXXXX)
	fi
	mkdir "$work/bin" "$work/t"
	ln -s "${QUORATE:-$top/build/quorate}" "$work/bin/quorate"
	PATH=$work/bin:$PATH
	pids=()
	cd "$work/t" || return 1
}

# every teardown() ends with it
end() {
	stop_all
	cd / || return 1
	[ -n "$work" ] && rm -rf "$work"
}

# spawn LOG PROGRAM...: in the background; what it says is in LOG, which is
# empty before it starts: who looks there never sees an earlier run
spawn() {
	local log=$1
	shift
	: >"$log"
	"$@" 3>&- </dev/null >>"$log" 2>&1 &
	spawned=$!
	pids+=("$spawned")
}

# ends what the test spawned
stop_all() {
	local p
	for p in "${pids[@]}"; do
		kill "$p" 2>/dev/null
	done
	for p in "${pids[@]}"; do
		wait "$p" 2>/dev/null
	done
	pids=()
}

# waits until the command succeeds; a machine may be slow
wait_for() {
	local end=$((SECONDS + 60))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "not within a minute: $*"
			return 1
		fi
		sleep 0.02
	done
}

# until_says LOG WORDS: a program does, in what spawn keeps
until_says() {
	wait_for grep -qF -e "$2" "$1" && return
	cat "$1"
	return 1
}

# the address that a host says it is ready on
address() {
	until_says "$1" ' ready on ' &&
		url=$(sed -n 's/.* ready on //p' "$1")
}

# free_port: one that nobody listens on, of a range that nothing else here
# takes: cards have theirs above it (card/lib.bash), clients of the system too
free_port() {
	local p
	p=$((10000 + RANDOM % 10000))
	while grep -qi ":$(printf %04X "$p") [0-9A-F:]* 0A " \
		/proc/net/tcp /proc/net/tcp6 2>&-; do
		p=$((10000 + RANDOM % 10000))
	done
	echo "$p"
}

# the fixtures, or the test is skipped
need_fixtures() {
	[ -d "$fixtures/integration/mock" ] || skip "no fixtures"
	mock=$fixtures/integration/mock
	# shellcheck disable=SC2034 # for the tests
	personal=$mock/boot-e2e/all-personal-dir
}

# fails STATUS WORDS... -- COMMAND...: the command ends with that status, says
# one line on standard error with those words in it, and nothing on standard
# output; the files of the current folder are what they were
fails() {
	local want=$1 words='' rc=0 before after err=$work/err out=$work/out
	shift
	while [ "$1" != -- ]; do
		words="$words${words:+ }$1"
		shift
	done
	shift
	before=$(tree)
	"$@" >"$out" 2>"$err" || rc=$?
	after=$(tree)
	if [ "$rc" -ne "$want" ] || [ "$(wc -l <"$err")" -ne 1 ] ||
		[ -s "$out" ] || [ "$before" != "$after" ] ||
		! grep -qF -e "$words" "$err"; then
		echo "command:  $*"
		echo "status:   $rc, wanted $want"
		echo "stderr:   $(cat "$err")"
		echo "wanted:   one line with: $words"
		echo "stdout:   $(head -c 200 "$out" | tr -cd '[:print:]')"
		diff <(echo "$before") <(echo "$after")
		return 1
	fi
}

# names, kinds, modes and contents below the current folder
tree() {
	find . -printf '%p %y %m %l\n' | sort
	find . -type f -print0 | sort -z | xargs -0r sha256sum
}

mode() { stat -c %a "$1"; }

# same A B: two files hold the same bytes
same() { cmp "$1" "$2"; }

# text FILE WORDS: a file holds exactly this text, no line end
text() { cmp "$1" <(printf %s "$2"); }

# on a terminal: the command with one as its standard output
on_terminal() {
	local line
	printf -v line '%q ' "$@"
	# the quotes are bash's; script asks SHELL, quorate how many colours
	SHELL=$BASH TERM=xterm-256color COLORTERM='' \
		script -qec "$line" /dev/null </dev/null
}
