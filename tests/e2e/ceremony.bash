# For the tests of plan, genesis and share, after `load lib`: keys, plans and
# whole ceremonies in few words.

# keys NAME...: NAME.secret and NAME.pub
keys() {
	local name
	for name in "$@"; do
		quorate key generate -o "$name.secret" --pub "$name.pub"
	done
}

# three persons a b c, and a rehearsal plan of theirs, 2 of 3; $fp is its
# fingerprint.  Further words go to `plan new`.
abc_plan() {
	[ -e a.secret ] || keys a b c
	quorate plan new --mode rehearsal --name vault --member a.pub \
		--member b.pub --member c.pub --threshold 2 -o plan.cbor "$@" \
		>/dev/null
	fp=$(quorate plan fingerprint plan.cbor)
}

# the same in production: the names are those of the files
production_plan() {
	keys a b c
	quorate plan new --mode production --name vault --member a.pub \
		--member b.pub --member c.pub --threshold 2 -o plan.cbor \
		--unattested "key files for now" "$@" >/dev/null
	fp=$(quorate plan fingerprint plan.cbor)
}

# a genesis of plan.cbor in the folder g; further words go to it
run_genesis() {
	quorate genesis run --plan plan.cbor -o g --fingerprint "$fp" "$@"
}

# all three open their share
abc_genesis() {
	run_genesis --key a.secret --key b.secret --key c.secret "$@"
}

# refuses STATUS WORDS... -- COMMAND...: the command ends with that status and
# its last line on standard error has those words; it is the only one that
# begins "quorate: ".  What it printed is in $work/out and $work/err.
refuses() {
	local want=$1 words='' rc=0 err=$work/err out=$work/out
	shift
	while [ "$1" != -- ]; do
		words="$words${words:+ }$1"
		shift
	done
	shift
	"$@" >"$out" 2>"$err" || rc=$?
	if [ "$rc" -ne "$want" ] ||
		[ "$(grep -c '^quorate: ' "$err")" -ne 1 ] ||
		! tail -n 1 "$err" | grep -qF -e "$words"; then
		echo "command:  $*"
		echo "status:   $rc, wanted $want"
		echo "stderr:   $(cat "$err")"
		echo "wanted:   $words"
		return 1
	fi
}

# harmless STATUS WORDS... -- COMMAND...: as refuses, and no file was made,
# changed or removed
harmless() {
	local before rc=0
	before=$(tree)
	refuses "$@" || return 1
	[ "$before" = "$(tree)" ] || {
		diff <(echo "$before") <(tree)
		return 1
	}
}

# as harmless, but a journal of a genesis that was begun may be there
nothing_made() {
	refuses "$@" || return 1
	[ ! -e g/genesis.commit ] || return 1
	[ "$(find g -type f | grep -v '^g/genesis.journal$')" = "" ]
}

# no COMMAND...: it fails (bats does not see a failure behind "!")
no() {
	if "$@"; then
		return 1
	fi
}

# flip FILE OFFSET: one bit of one byte
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf %b "\\x$(printf %02x $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# what the files of g are, without the journal, which tells times
genesis_bytes() {
	(cd g && find . -type f ! -name genesis.journal -print0 | sort -z |
		xargs -0 sha256sum)
}

# no_secret SEED_FILE... : the digits of none of them stand in any file below
# the current folder but their own, nor in what the commands printed
no_secret() {
	local f digits
	for f in "$@"; do
		digits=$(tr -d ' \n' <"$f")
		no grep -rlF "$digits" --exclude='*.secret' . "$work/out" \
			"$work/err" || return 1
	done
}
