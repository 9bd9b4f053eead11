// A process with many readers of a stream. Its parent starts a count and requests a report over IPC.
// It measures the time from the `at` of an event to the arrival of its bytes.
import { connect } from 'node:net'

const [url, count, path] = process.argv.slice(2)
const { hostname, port } = new URL(url as string)
const AT = '"at":"'
const AT_CHARACTERS = 24
/** Occurs once per agent, in load reports and in events. */
const LOAD = '"load":'

let isCounting = false
let events = 0
let loads = 0
let delays: number[] = []
let open = 0
let closed = 0

/** Caches the last time, because events arrive in bursts with the same time. */
let lastText = ''
let lastMs = 0
function unixMs(text: string): number {
  if (text !== lastText) {
    lastText = text
    lastMs = Date.parse(text)
  }
  return lastMs
}

function read(chunk: Buffer): void {
  if (!isCounting) return
  const now = Date.now()
  for (let at = chunk.indexOf(LOAD); at !== -1; at = chunk.indexOf(LOAD, at + 1)) loads++
  for (let at = chunk.indexOf(AT); at !== -1; at = chunk.indexOf(AT, at + AT_CHARACTERS)) {
    const from = at + AT.length
    if (from + AT_CHARACTERS > chunk.length) break
    events++
    delays.push(now - unixMs(chunk.toString('latin1', from, from + AT_CHARACTERS)))
  }
}

/** Resolves when the head of the response has arrived. */
function openReader(i: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      const target = path?.replaceAll('{i}', String(i))
      socket.write(`GET ${target} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n`)
    })
    socket.once('data', () => {
      open++
      resolve()
      socket.on('data', read)
    })
    socket.once('error', reject)
    socket.once('close', () => closed++)
  })
}

for (let i = 0; i < Number(count); i += 100) {
  const group = Math.min(100, Number(count) - i)
  await Promise.all(Array.from({ length: group }, (_, at) => openReader(i + at)))
}
process.send?.({ kind: 'open', open })
process.on('message', (message) => {
  if (message === 'count') {
    isCounting = true
    events = 0
    loads = 0
    delays = []
  } else {
    isCounting = false
    const sorted = Float64Array.from(delays).sort()
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
    process.send?.({ kind: 'report', events, loads, closed, p50Ms: at(0.5), p99Ms: at(0.99) })
  }
})
