import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { Answer, Send } from './http-client.ts'
import type { RegistryProcess } from './registry-process.ts'

const run = promisify(execFile)
const JSON_HEADER = ['--header', 'content-type: application/json']

const CURL_IS_THERE = spawnSync('curl', ['--version']).status === 0

/** What {@link terminal} sends with; for the titles of tests. */
export const TERMINAL = CURL_IS_THERE ? 'curl' : "Node's own client, for want of curl"

/** Sends requests as someone would at a terminal: with `curl`, where it is on the PATH. */
export function terminal({ url, http }: RegistryProcess): Send {
  return CURL_IS_THERE ? curl(url) : http.send
}

/** Each request is a `curl` process of its own. */
function curl(baseUrl: string): Send {
  return async <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> => {
    const { stdout } = await run('curl', [
      // No settings of this user, no proxy of this machine.
      ...['--disable', '--noproxy', '*', '--silent', '--show-error', '--include'],
      ...['--request', method, `${baseUrl}${path}`],
      ...(body === undefined ? [] : [...JSON_HEADER, '--data-binary', JSON.stringify(body)]),
    ])
    const [head = '', text = ''] = stdout.split(/\r\n\r\n(.*)/s)
    const [statusLine = '', ...headerLines] = head.split('\r\n')
    const headers = headerLines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    return {
      status: Number(statusLine.split(' ')[1]),
      headers: Object.fromEntries(headers),
      body: JSON.parse(text),
    }
  }
}
