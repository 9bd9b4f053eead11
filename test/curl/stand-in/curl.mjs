// The subset of curl that the commands of the documentation use, for machines without it. Anything
// else is rejected, so that a test cannot pass because an option was ignored.
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'

const settings = { headers: {} }
const FLAGS = {
  '--include': () => {
    settings.include = true
  },
  '--fail-with-body': () => {
    settings.fail = true
  },
  '--no-buffer': () => {},
  '--silent': () => {},
  '--show-error': () => {},
}
const OPTIONS = {
  '--request': (value) => {
    settings.method = value
  },
  '--header': (value) => {
    const colon = value.indexOf(':')
    settings.headers[value.slice(0, colon).toLowerCase()] = value.slice(colon + 1).trim()
  },
  '--data': (value) => {
    settings.body = value
  },
  '--output': (value) => {
    settings.output = value
  },
  '--write-out': (value) => {
    settings.writeOut = value
  },
  '--max-time': (value) => {
    settings.seconds = Number(value)
  },
}
const SHORT = {
  i: '--include',
  N: '--no-buffer',
  s: '--silent',
  S: '--show-error',
  X: '--request',
  H: '--header',
  d: '--data',
  o: '--output',
  w: '--write-out',
}

function applyOption(name, rest) {
  if (FLAGS[name]) FLAGS[name]()
  else if (OPTIONS[name] && rest.length > 0) OPTIONS[name](rest.shift())
  else fail(2, `option ${name} is not supported by this stand-in`)
}

function fail(code, message) {
  process.stderr.write(`curl: (${code}) ${message}\n`)
  process.exit(code)
}

const rest = process.argv.slice(2)
while (rest.length > 0) {
  const word = rest.shift()
  if (word.startsWith('--')) applyOption(word, rest)
  else if (word.startsWith('-'))
    for (const letter of word.slice(1)) applyOption(SHORT[letter] ?? `-${letter}`, rest)
  else settings.url = word
}
if (settings.url === undefined) fail(2, 'no URL')

const { body, headers, seconds } = settings
const method = settings.method ?? (body === undefined ? 'GET' : 'POST')
if (body !== undefined) {
  headers['content-type'] ??= 'application/x-www-form-urlencoded'
  headers['content-length'] = String(Buffer.byteLength(body))
}
const url = /^\w+:\/\//.test(settings.url) ? settings.url : `http://${settings.url}`
const outgoing = request(url, { method, headers }, async (response) => {
  const parts = []
  if (settings.include) {
    const lines = response.rawHeaders.map((each, at) => (at % 2 ? `${each}\r\n` : `${each}: `))
    process.stdout.write(
      `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n${lines.join('')}\r\n`,
    )
  }
  for await (const part of response) {
    if (settings.output === undefined) process.stdout.write(part)
    else parts.push(part)
  }
  if (settings.output !== undefined) writeFileSync(settings.output, Buffer.concat(parts))
  process.stdout.write((settings.writeOut ?? '').replace('%{http_code}', response.statusCode))
  if (settings.fail && response.statusCode >= 400) process.exitCode = 22
  clearTimeout(timer)
})
const timer = seconds && setTimeout(() => fail(28, 'Operation timed out'), seconds * 1000)
outgoing.on('error', ({ message }) => fail(7, message))
outgoing.end(body)
