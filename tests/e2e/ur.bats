#!/usr/bin/env bats
# quorate ur: messages as lines of text, and back.

load lib

setup() {
	begin
	vectors=${top:?}/tests/data/ur.json
}
teardown() { end; }

# case_file ID: message and parts of a case of the vectors, as files
case_file() {
	jq -r --arg id "$1" '.cases[] | select(.id == $id) | .message_hex' \
		"$vectors" | xxd -r -p >message
	jq -r --arg id "$1" '.cases[] | select(.id == $id) | .parts[]' \
		"$vectors" >parts
	kind=$(jq -r --arg id "$1" '.cases[] | select(.id == $id) | .type' \
		"$vectors")
	jq -r --arg id "$1" '.cases[] | select(.id == $id) |
		.max_fragment_len' "$vectors" >max
	[ -s message ] && [ -s parts ]
}

@test "every case of the vectors: exact lines out, the message back" {
	local id count=0
	while read -r id; do
		case_file "$id"
		# the reference exceeds the maximum there (spec, section 5)
		[ "$id" = minfrag-edge ] && echo 11 >max
		quorate ur encode --type "$kind" --max-fragment "$(cat max)" \
			--frames "$(wc -l <parts)" message >out
		same out parts
		quorate ur decode parts >back
		same back message
		count=$((count + 1))
	done < <(jq -r '.cases[].id' "$vectors")
	[ "$count" -eq 10 ]
}

@test "without --frames: just the lines that hold it" {
	case_file pub-256-30
	quorate ur encode --type "$kind" --max-fragment "$(cat max)" message >out
	same out <(head -n 9 parts)
}

@test "reversed, upper case, CR LF, with blank lines and a foreign stream" {
	case_file attest-12k
	cp message first
	{
		tac parts | tr "[:lower:]" "[:upper:]" | sed 's/$/\r/; 3~4s/$/\n/'
		jq -r '.cases[] | select(.id == "plan-1k") | .parts[:5][]' \
			"$vectors"
	} >mixed
	quorate ur decode mixed -o back
	same back first
}

@test "every text to refuse is refused with one line and status 3" {
	local line count=0
	while read -r line; do
		printf '%s\n' "$line" >bad
		fails 3 "bad: line 1: " -- quorate ur decode bad
		count=$((count + 1))
	done < <(jq -r '.must_reject[].ur' "$vectors")
	[ "$count" -eq 12 ]
}

@test "UR of version 1 is recognised" {
	echo UR:BYTES/1OF4/TYK3P9CEXSH9RTLDQVZ9DAZY2KHR7N7X7N4/AAAA >old
	fails 3 "UR version 1" -- quorate ur decode old
}

@test "damaged lines are named and left out" {
	case_file plan-1k
	{ echo nonsense; sed 's/a/b/3' parts | head -n 2; cat parts; } >mixed
	quorate ur decode mixed >back 2>err
	same back message
	[ "$(grep -c '^left out: line [123]: ' err)" -eq 3 ]
	[ "$(wc -l <err)" -eq 3 ]
}

@test "too few lines say how many are known" {
	case_file attest-12k
	head -n 24 parts >few
	fails 3 "not enough parts: 24 of 25 are known" -- quorate ur decode few
}

@test "lines that contradict each other are refused" {
	# nine honest parts, then part 1 with one bit changed and a good CRC
	cp "$top/tests/data/ur_contradiction.txt" forged
	case_file pub-256-30
	head -n 9 forged | quorate ur decode | same - message
	fails 1 "contradicts those before it" -- quorate ur decode forged
}

@test "two whole messages at once are refused" {
	echo one >a
	echo two >b
	{
		quorate ur encode --type x a
		quorate ur encode --type x b
	} >both
	fails 1 "two different messages" -- quorate ur decode both
	{
		quorate ur encode --type x a
		quorate ur encode --type x a
	} | quorate ur decode | same - a
}

@test "the command line is held to what it must say" {
	echo text >m
	fails 2 "missing: --type" -- quorate ur encode m
	fails 2 "a UR type is" -- quorate ur encode --type Bytes m
	fails 2 "--max-fragment is 1 to 2400" -- \
		quorate ur encode --type a --max-fragment 2401 m
	fails 2 "--max-fragment is 1 to 2400" -- \
		quorate ur encode --type a --max-fragment 0 m
	fails 2 "--frames is 1 to" -- \
		quorate ur encode --type a --frames 65536 m
	: >empty
	fails 3 "empty: 0 bytes" -- quorate ur encode --type a empty
	head -c 262145 /dev/zero >big
	fails 3 "big" -- quorate ur encode --type a big
	head -c 1025 /dev/zero >many
	fails 3 "more than 1024 parts" -- \
		quorate ur encode --type a --max-fragment 1 many
}

@test "a message is not written to a terminal, nor over a file" {
	echo text >m
	quorate ur encode --type a m >lines
	run on_terminal quorate ur decode lines
	[ "$status" -eq 2 ]
	echo mine >out
	fails 1 "out" -- quorate ur decode lines -o out
	quorate ur decode lines -o out --force
	same out m
}
