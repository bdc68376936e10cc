#!/usr/bin/env bats
# quorate bundle: the files that cross the gap, on a stick.

load lib

setup() {
	begin
	seeds=${top:?}/tests/fuzz/seeds
	cp "$seeds/records/plan-rehearsal.cbor" plan.cbor
	cp "$seeds/records/receipt-rehearsal.cbor" rehearsal-alice.receipt
	cp "$seeds/token_attestation/bundle.cbor" proof
	cp "$seeds/document/definite.cbor" setup.doc
}
teardown() { end; }

files=(plan.cbor rehearsal-alice.receipt proof setup.doc)

@test "what is packed verifies, and unpacks to the same bytes" {
	local f
	quorate bundle pack stick "${files[@]}" >out
	[ "$(grep -c '^ok ' out)" -eq 4 ]
	grep -qx 'ok       plan.cbor  (plan)' out
	grep -qx 'ok       rehearsal-alice.receipt  (receipt)' out
	grep -qx 'mode   rehearsal' out
	quorate bundle verify stick | diff - out
	quorate bundle unpack stick -o home >out2
	diff out out2
	for f in "${files[@]}"; do
		same "$f" "stick/$f"
		same "$f" "home/$f"
		[ "$(mode "home/$f")" = 644 ]
	done
	[ "$(find home -type f | wc -l)" -eq 4 ]
}

@test "the online machine's quorate-relay packs and unpacks the same" {
	relay=$(dirname "${QUORATE:-$top/build/quorate}")/quorate-relay
	quorate bundle pack stick "${files[@]}" >out
	"$relay" bundle verify stick | diff - out
	"$relay" bundle unpack stick -o home >/dev/null
	for f in "${files[@]}"; do same "$f" "home/$f"; done
	"$relay" bundle pack back home/* >/dev/null
	same stick/bundle.index back/bundle.index
	head -c 32 /dev/urandom >seed
	run "$relay" bundle pack no seed
	[ "$status" -eq 3 ]
	[ ! -e no/bundle.index ]
}

@test "the index is the same whatever the order, and again" {
	quorate bundle pack a "${files[@]}" >/dev/null
	quorate bundle pack b setup.doc proof rehearsal-alice.receipt \
		plan.cbor >/dev/null
	same a/bundle.index b/bundle.index
	quorate bundle pack a "${files[@]}" >/dev/null
	same a/bundle.index b/bundle.index
}

@test "missing, changed and extra files are each named" {
	quorate bundle pack stick "${files[@]}" >/dev/null
	rm stick/proof
	printf x >>stick/plan.cbor
	printf '\1' | dd of=stick/setup.doc bs=1 seek=9 conv=notrunc \
		status=none
	echo hello >stick/note.txt
	run quorate bundle verify stick
	[ "$status" -eq 1 ]
	grep -qx 'MISSING  proof  (token attestation)' <<<"$output"
	grep -qx 'CHANGED  plan.cbor  (plan)' <<<"$output"
	grep -qx 'CHANGED  setup.doc  (attestation document)' <<<"$output"
	grep -qx 'EXTRA    note.txt  (not in the index)' <<<"$output"
	grep -qx 'ok       rehearsal-alice.receipt  (receipt)' <<<"$output"
	grep -q '4 of 5 files are not what the index says' <<<"$output"
	run quorate bundle unpack stick -o home
	[ "$status" -eq 1 ]
	[ ! -e home ]
}

@test "a link in place of a file is a changed file" {
	quorate bundle pack stick "${files[@]}" >/dev/null
	mv stick/proof elsewhere
	ln -s ../elsewhere stick/proof
	run quorate bundle verify stick
	[ "$status" -eq 1 ]
	grep -q '^CHANGED  proof' <<<"$output"
}

# reindex FROM TO: puts one for the other, of equal length, into the index
reindex() {
	xxd -p stick/bundle.index | tr -d '\n' | sed "s/$1/$2/g" |
		xxd -r -p >new
	cmp -s new stick/bundle.index && return 1
	mv new stick/bundle.index
}

hex() { printf %s "$1" | xxd -p; }
hash() { sha256sum "$1" | cut -d' ' -f1; }

@test "a stick that was made to deceive: FOREIGN, and nothing is unpacked" {
	quorate key generate -o key --pub rehearsal-bob.pub 2>/dev/null
	# a file that never crosses, in the place of one that does
	quorate bundle pack stick rehearsal-bob.pub plan.cbor >/dev/null
	head -c "$(stat -c %s plan.cbor)" /dev/urandom >stranger
	reindex "$(hash plan.cbor)" "$(hash stranger)"
	reindex "$(hex plan.cbor)" "$(hex quorum_tr)"
	rm stick/plan.cbor
	cp stranger stick/quorum_tr
	run quorate bundle unpack stick -o home
	[ "$status" -eq 1 ]
	grep -qx 'FOREIGN  quorum_tr  (plan)' <<<"$output"
	grep -qx 'ok       rehearsal-bob.pub  (operator key)' <<<"$output"
	[ ! -e home ]
	# one of another kind than the index says
	rm -r stick
	quorate bundle pack stick plan.cbor >/dev/null
	reindex "64$(hex plan)64" "64$(hex note)64"
	run quorate bundle verify stick
	[ "$status" -eq 1 ]
	grep -qx 'FOREIGN  plan.cbor  (note)' <<<"$output"
	# and one of the other mode
	rm -r stick
	quorate bundle pack stick rehearsal-bob.pub plan.cbor >/dev/null
	reindex "$(hex rehearsal-bob.pub)" "$(hex reheArsal-bob.pub)"
	mv stick/rehearsal-bob.pub stick/reheArsal-bob.pub
	run quorate bundle verify stick
	[ "$status" -eq 1 ]
	grep -qx 'FOREIGN  reheArsal-bob.pub  (operator key)' <<<"$output"
}

@test "without its index it is no bundle" {
	mkdir stick
	cp plan.cbor stick
	fails 3 "there is no bundle.index" -- quorate bundle verify stick
	fails 3 "there is no bundle.index" -- \
		quorate bundle unpack stick -o home
	fails 3 "nowhere" -- quorate bundle verify nowhere
}

@test "each changed byte of an index is refused or names a file" {
	local i n
	quorate bundle pack stick plan.cbor >/dev/null
	cp stick/bundle.index good
	n=$(stat -c %s good)
	for ((i = 0; i < n; i++)); do
		cp good stick/bundle.index
		printf '\377' | dd of=stick/bundle.index bs=1 seek="$i" \
			conv=notrunc status=none
		run quorate bundle verify stick
		[ "$status" -ne 0 ] || cmp good stick/bundle.index
	done
}

@test "a secret, a stranger and another mode are refused, and nothing written" {
	quorate key generate -o seed.secret --pub alice.pub 2>/dev/null
	fails 3 "seed.secret: none of the files" -- \
		quorate bundle pack stick plan.cbor seed.secret
	echo hello >note.txt
	fails 3 "note.txt: none of the files" -- \
		quorate bundle pack stick note.txt
	fails 1 "is of a" -- quorate bundle pack stick plan.cbor alice.pub
	fails 1 "whether it is a rehearsal" -- \
		quorate bundle pack stick setup.doc
	fails 3 "absent" -- quorate bundle pack stick plan.cbor absent
	mkdir d
	cp plan.cbor d
	fails 1 "two files of the name plan.cbor" -- \
		quorate bundle pack stick plan.cbor d/plan.cbor
}

@test "a folder with other things, or other bytes, is left alone" {
	mkdir stick
	echo mine >stick/note.txt
	fails 1 "stick/note.txt is there and is no part" -- \
		quorate bundle pack stick plan.cbor
	mv stick/note.txt stick/plan.cbor
	fails 1 "plan.cbor" -- quorate bundle pack stick plan.cbor
	quorate bundle pack stick --force plan.cbor >/dev/null
	same plan.cbor stick/plan.cbor
	mkdir home
	echo mine >home/plan.cbor
	run quorate bundle unpack stick -o home
	[ "$status" -eq 1 ]
	text home/plan.cbor "mine
"
	quorate bundle unpack stick -o home --force >/dev/null
	same plan.cbor home/plan.cbor
}

@test "a challenge is fresh, of its mode, and crosses" {
	quorate attestation challenge --mode rehearsal -o a
	quorate attestation challenge --mode rehearsal >b
	run cmp -s a b
	[ "$status" -eq 1 ]
	[ "$(stat -c %s a)" -eq "$(stat -c %s b)" ]
	quorate bundle pack stick a plan.cbor | grep -qx 'ok       a  (challenge)'
	quorate attestation challenge --mode production -o c
	fails 1 "is of a" -- quorate bundle pack other c plan.cbor
	fails 2 "--mode is production or" -- \
		quorate attestation challenge --mode other
	fails 2 "missing: --mode" -- quorate attestation challenge
}

# Every system call of the writer that can be the last one before the stick
# is gone: what is left is no bundle, or the whole one; never half a file.
@test "a stick pulled at any moment leaves no half file and no false index" {
	local i f call dead=0 whole=0
	for call in write fsync renameat2 openat; do
		for ((i = 1; i <= 60; i++)); do
			rm -rf stick
			strace -f -o /dev/null -e inject="$call:signal=KILL:when=$i" \
				"$(command -v quorate)" bundle pack stick \
				"${files[@]}" >/dev/null 2>&1 || true
			[ -d stick ] || continue
			for f in "${files[@]}"; do
				[ ! -e "stick/$f" ] || same "$f" "stick/$f"
			done
			if [ -e stick/bundle.index ]; then
				quorate bundle verify stick >/dev/null
				whole=$((whole + 1))
				[ "$call" = openat ] || break
			else
				run quorate bundle verify stick
				[ "$status" -eq 3 ]
				dead=$((dead + 1))
				# and packing again completes it
				quorate bundle pack stick "${files[@]}" \
					>/dev/null
				quorate bundle verify stick >/dev/null
			fi
		done
	done
	[ "$dead" -ge 15 ]
	[ "$whole" -ge 4 ]
}
