// The peer: npm's @ngraveio/bc-ur, an implementation of UR that shares no
// line with ours.
//	node bc-ur.js encode TYPE MAX FIRST COUNT <message   lines
//	node bc-ur.js decode <lines                           the message
// Its folder of modules is given by NODE_PATH.
const { UR, UREncoder, URDecoder } = require('@ngraveio/bc-ur')
const fs = require('fs')

const [, , verb, type, max, first, count] = process.argv
const input = fs.readFileSync(0)

if (verb === 'encode') {
  const encoder = new UREncoder(new UR(input, type), Number(max), Number(first))
  for (let i = 0; i < Number(count); i++) console.log(encoder.nextPart())
} else {
  const decoder = new URDecoder()
  for (const line of input.toString().split('\n')) {
    if (line === '' || decoder.isComplete()) continue
    decoder.receivePart(line)
  }
  if (!decoder.isComplete() || !decoder.isSuccess()) process.exit(1)
  process.stdout.write(decoder.resultUR().cbor)
}
